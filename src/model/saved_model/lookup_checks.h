// Lookups of ids in tables, which OpenVINO does without looking at the ids.
#pragma once

#include "model/loaded_model.h"

namespace ov {
class Model;
}

namespace sidecar::model::saved_model {

/// Adds a result and a LoadedModel::check for each lookup in a variable: TensorFlow ends with an
/// error at an id outside the table's rows (GatherV2, ResourceGather on a CPU), OpenVINO gives
/// zeros. Lookups inside of loops and branches are not looked at. The variables of `model` are
/// known.
void AddLookupChecks(ov::Model& graph, LoadedModel& model);

}  // namespace sidecar::model::saved_model
