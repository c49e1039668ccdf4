#include "engine/weight_policy.h"

namespace sidecar::engine {
namespace {

// Measured: with weights as inputs, batches of convolutions and large matrix products take two to
// three times as long, so that less than this part of a checkpoint's time is not worth a trial.
constexpr double kWorthwhileShare = 0.6;
// What takes so much longer at first will not do better the second time.
constexpr double kHopeless = 1.3;
// The first evaluation of a new graph also pays for memory that it touches for the first time.
constexpr int kTrials = 2;

}  // namespace

WeightPolicy::WeightPolicy(std::optional<WeightMode> fixed)
    : mode_(fixed.value_or(WeightMode::kConstants)), trials_left_(fixed ? 0 : kTrials) {}

void WeightPolicy::Evaluated(const CheckpointCost& cost) {
  if (trials_left_ == 0) return;
  if (mode_ == WeightMode::kConstants) {
    constants_ = cost.compiling + cost.rest;
    if (cost.compiling < kWorthwhileShare * *constants_) {
      trials_left_ = 0;
    } else {
      mode_ = WeightMode::kInputs;
    }
    return;
  }
  if (cost.rest <= *constants_) {
    trials_left_ = 0;
  } else if (--trials_left_ == 0 || cost.rest > kHopeless * *constants_) {
    RefuseInputs();
  }
}

void WeightPolicy::RefuseInputs() {
  mode_ = WeightMode::kConstants;
  trials_left_ = 0;
}

}  // namespace sidecar::engine
