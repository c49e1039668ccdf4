#include "report/log_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

namespace sidecar::report {
namespace {

/// What testdata/make_python_text.py made Python and NumPy print.
nlohmann::json Table() {
  return nlohmann::json::parse(
      std::ifstream(SIDECAR_SOURCE_DIR "/src/report/testdata/python_text.json"));
}

double FromBits(const nlohmann::json& hex) {
  return std::bit_cast<double>(std::stoull(hex.get<std::string>(), nullptr, 16));
}

TEST(LogTextTest, PrintsFloatsAsPython) {
  const nlohmann::json floats = Table()["floats"];
  ASSERT_GT(floats.size(), 200U);
  for (const auto& entry : floats)
    EXPECT_EQ(PythonFloat(FromBits(entry[0])), entry[1].get<std::string>());
}

TEST(LogTextTest, PrintsShortTextsAsKeras) {
  const nlohmann::json floats = Table()["floats"];
  for (const auto& entry : floats)
    EXPECT_EQ(ShortText(FromBits(entry[0])), entry[2].get<std::string>());
  EXPECT_EQ(ShortText(std::vector<double>{0.5, 1.0}), "0.7500");
}

TEST(LogTextTest, PrintsArraysAsNumpy) {
  const nlohmann::json arrays = Table()["arrays"];
  ASSERT_GT(arrays.size(), 200U);
  for (const auto& entry : arrays) {
    std::vector<double> values;
    for (const auto& hex : entry[0]) values.push_back(FromBits(hex));
    EXPECT_EQ(NumpyArray(values), entry[1].get<std::string>());
  }
}

TEST(LogTextTest, WritesTheReferencesMetricsLine) {
  const Logs metrics = {{"loss", static_cast<double>(1.0F / 3.0F)},
                        {"accuracy", 1.0},
                        {"tiny", static_cast<double>(1e-7F)},
                        {"f1", std::vector<double>{0.5, 0.25}},
                        {"broken", std::nan("")}};
  EXPECT_EQ(MetricsText(metrics),
            "loss=0.3333333432674408 accuracy=1.0 tiny=1.0000000116860974e-07 f1=[0.5  0.25] "
            "broken=nan");
  EXPECT_EQ(MetricsText({}), "");
}

TEST(LogTextTest, KeepsLongArraysOnOneLine) {
  const std::string text = MetricsText({{"a", std::vector<double>(100, 0.125)}});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find("  "), std::string::npos);
  EXPECT_EQ(text.size(), std::string("a=[]").size() + 100 * 6 - 1);
}

}  // namespace
}  // namespace sidecar::report
