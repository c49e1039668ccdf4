#include "evaluate/losses/loss_table.h"

#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"
#include "evaluate/custom/registry.h"
#include "evaluate/losses/circle.h"
#include "evaluate/losses/cosine_similarity.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/ctc.h"
#include "evaluate/losses/divergence.h"
#include "evaluate/losses/focal_crossentropy.h"
#include "evaluate/losses/generalized_cross_entropy.h"
#include "evaluate/losses/hinge.h"
#include "evaluate/losses/overlap.h"
#include "evaluate/losses/regression.h"

namespace sidecar::evaluate {
namespace {

// clang-format off
constexpr LossEntry kLosses[] = {
    {"BinaryCrossentropy", "binary_crossentropy", "binary_crossentropy", "bce BCE", "bce BCE", Known::kBoth, MakeBinaryCrossentropy},
    {"BinaryFocalCrossentropy", "binary_focal_crossentropy", "binary_focal_crossentropy", "", "", Known::kBoth, MakeBinaryFocalCrossentropy},
    {"CTC", "ctc", "ctc", "", "", Known::kKeras3, MakeCtc},
    {"CategoricalCrossentropy", "categorical_crossentropy", "categorical_crossentropy", "", "", Known::kBoth, MakeCategoricalCrossentropy},
    {"CategoricalFocalCrossentropy", "categorical_focal_crossentropy", "categorical_focal_crossentropy", "", "", Known::kBoth, MakeCategoricalFocalCrossentropy},
    {"CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy", "categorical_generalized_cross_entropy", "", "", Known::kKeras3, MakeGeneralizedCrossEntropy},
    {"CategoricalHinge", "categorical_hinge", "categorical_hinge", "", "", Known::kBoth, MakeCategoricalHinge},
    {"Circle", "circle", "circle", "", "", Known::kKeras3, MakeCircle},
    {"CosineSimilarity", "cosine_similarity", "cosine_similarity", "", "", Known::kBoth, MakeCosineSimilarityLoss},
    {"Dice", "dice", "dice", "", "", Known::kKeras3, MakeDice},
    {"Hinge", "hinge", "hinge", "", "", Known::kBoth, MakeHinge},
    {"Huber", "huber", "huber_loss", "huber_loss", "", Known::kBoth, MakeHuber},
    {"KLDivergence", "kl_divergence", "kl_divergence", "kullback_leibler_divergence kld KLD", "kld KLD", Known::kBoth, MakeKLDivergence},
    {"LogCosh", "log_cosh", "log_cosh", "logcosh", "", Known::kBoth, MakeLogCosh},
    {"MeanAbsoluteError", "mean_absolute_error", "mean_absolute_error", "mae MAE", "mae MAE", Known::kBoth, MakeMeanAbsoluteError},
    {"MeanAbsolutePercentageError", "mean_absolute_percentage_error", "mean_absolute_percentage_error", "mape MAPE", "mape MAPE", Known::kBoth, MakeMeanAbsolutePercentageError},
    {"MeanSquaredError", "mean_squared_error", "mean_squared_error", "mse MSE", "mse MSE", Known::kBoth, MakeMeanSquaredError},
    {"MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "mean_squared_logarithmic_error", "msle MSLE", "msle MSLE", Known::kBoth, MakeMeanSquaredLogarithmicError},
    {"Poisson", "poisson", "poisson", "", "", Known::kBoth, MakePoisson},
    {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "", "", Known::kBoth, MakeSparseCategoricalCrossentropy},
    {"SquaredHinge", "squared_hinge", "squared_hinge", "", "", Known::kBoth, MakeSquaredHinge},
    {"Tversky", "tversky", "tversky", "", "", Known::kKeras3, MakeTversky},
};
// clang-format on

LossReduction ReadReduction(ObjectConfig& config, KerasVersion version) {
  const std::string name = config.Text("reduction", "sum_over_batch_size");
  const bool keras2 = version == KerasVersion::kKeras2;
  if (name == "sum_over_batch_size" || (keras2 && name == "auto") || (!keras2 && name == "mean")) {
    // An explicit null means no reduction in Keras 3; Text() took it for absent.
    const bool null_given = config.HasNull("reduction");
    return null_given && !keras2 ? LossReduction::kNone : LossReduction::kMean;
  }
  if (name == "sum") return LossReduction::kSum;
  if (name == "none") return LossReduction::kNone;
  if (!keras2 && name == "mean_with_sample_weight") return LossReduction::kMeanWithSampleWeight;
  config.Mistake("reduction", keras2 ? "auto, sum_over_batch_size, sum or none"
                                     : "sum_over_batch_size, mean, mean_with_sample_weight, sum "
                                       "or none, or for 'auto' the rules of Keras 2 must hold "
                                       "(--keras-version 2)");
  return LossReduction::kMean;
}

Made<OutputLoss> NotSupported(std::string what) { return {nullptr, std::move(what)}; }

// A class of the table, or LossFunctionWrapper around one of its functions.
Result<Made<OutputLoss>> MakeFromConfig(const LossEntry& entry, const Identifier& identifier,
                                        KerasVersion version) {
  ObjectConfig config(identifier.config, fmt::format("loss '{}'", identifier.name));
  if (entry.make == nullptr) return NotSupported(fmt::format("loss '{}'", identifier.name));
  config.Raw("fn");  // Keras 2 repeats the function's name there
  const LossReduction reduction = ReadReduction(config, version);
  std::string name = config.Text("name", std::string(entry.default_name));
  DType dtype = DType::kFloat32;  // Keras 2's losses have none
  if (version == KerasVersion::kKeras3) dtype = config.FloatDtype(version);
  std::unique_ptr<PerSampleFunction> function = entry.make(config, version);
  SIDECAR_RETURN_IF_ERROR(config.Finish());
  if (!config.unsupported().empty()) {
    return NotSupported(fmt::format("loss '{}' with {}", identifier.name, config.unsupported()));
  }
  auto loss =
      std::make_unique<OutputLoss>(std::move(function), reduction, std::move(name), version);
  loss->SetDtype(dtype);
  return Made<OutputLoss>{std::move(loss), ""};
}

// A loss that the user registered, as a class or function.
Result<Made<OutputLoss>> MakeRegistered(const Identifier& identifier, const nlohmann::json& values,
                                        KerasVersion version) {
  ObjectConfig config(values, fmt::format("loss '{}'", identifier.name));
  const LossReduction reduction = ReadReduction(config, version);
  std::string name = config.Text("name", identifier.name);
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<PerSampleFunction> function,
                           MakeCustomLoss(identifier, config));
  SIDECAR_RETURN_IF_ERROR(config.mistake());
  return Made<OutputLoss>{
      std::make_unique<OutputLoss>(std::move(function), reduction, std::move(name), version), ""};
}

Made<OutputLoss> NotRegistered(const char* what, const std::string& name) {
  return NotSupported(fmt::format("{} '{}' (code of your own)", what, name));
}

Made<OutputLoss> UnknownName(const std::string& name) {
  return {nullptr, fmt::format("loss '{}'", name), true};
}

Result<Made<OutputLoss>> MakeFromClass(const Identifier& identifier, KerasVersion version) {
  if (identifier.name == "LossFunctionWrapper" && identifier.config.contains("fn")) {
    SIDECAR_ASSIGN_OR_RETURN(const Identifier function, ReadFunction(identifier.config["fn"]));
    const LossEntry* entry = FindLossFunction(function.name, version);
    if (HasCustomLoss(function)) return MakeRegistered(function, identifier.config, version);
    if (function.custom || entry == nullptr) return NotRegistered("loss function", function.name);
    return MakeFromConfig(*entry, identifier, version);
  }
  const LossEntry* entry = FindLossClass(identifier.name, version);
  if (entry == nullptr) return NotRegistered("loss", identifier.name);
  return MakeFromConfig(*entry, identifier, version);
}

}  // namespace

std::span<const LossEntry> LossTable() { return kLosses; }

bool IsKnown(Known known, KerasVersion version) {
  return known == Known::kBoth || (known == Known::kKeras2) == (version == KerasVersion::kKeras2);
}

bool HasName(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = names.find(' ');
    if (names.substr(0, end) == name) return true;
    if (end == std::string_view::npos) break;
    names.remove_prefix(end + 1);
  }
  return false;
}

const LossEntry* FindLossFunction(std::string_view name, KerasVersion version) {
  for (const LossEntry& entry : kLosses) {
    if (!IsKnown(entry.known, version)) continue;
    const std::string_view further =
        version == KerasVersion::kKeras2 ? entry.keras2_names : entry.keras3_names;
    if (entry.function_name == name || HasName(further, name)) return &entry;
  }
  return nullptr;
}

const LossEntry* FindLossClass(std::string_view name, KerasVersion version) {
  for (const LossEntry& entry : kLosses) {
    if (entry.class_name == name && IsKnown(entry.known, version)) return &entry;
  }
  return nullptr;
}

Result<Made<OutputLoss>> MakeLoss(const Identifier& identifier, KerasVersion version) {
  if (HasCustomLoss(identifier)) return MakeRegistered(identifier, identifier.config, version);
  if (identifier.custom) return NotRegistered("loss", identifier.name);
  if (identifier.kind == Identifier::Kind::kClass) return MakeFromClass(identifier, version);
  const LossEntry* entry = FindLossFunction(identifier.name, version);
  if (entry == nullptr && identifier.kind == Identifier::Kind::kString) {
    entry = FindLossClass(identifier.name, version);
  }
  if (entry == nullptr) {
    if (identifier.kind == Identifier::Kind::kString) return UnknownName(identifier.name);
    return NotRegistered("loss function", identifier.name);
  }
  return MakeFromConfig(*entry, identifier, version);
}

}  // namespace sidecar::evaluate
