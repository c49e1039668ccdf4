#include "evaluate/model_states.h"

#include <gtest/gtest.h>

#include <string>

namespace sidecar::evaluate {
namespace {

model::LoadedModel StatefulModel() {
  model::LoadedModel model;
  model.states.push_back({.shape = {16, 3}, .result = 1, .request = {}});
  return model;
}

DatasetSpec Data(std::int64_t batch_size, std::optional<std::int64_t> num_batches) {
  DatasetSpec spec;
  spec.batch_size = batch_size;
  spec.num_batches = num_batches;
  return spec;
}

TEST(ModelStatesTest, SayTheSizeOfBatchesBeforeTheFirstCheckpoint) {
  const model::LoadedModel model = StatefulModel();
  EXPECT_EQ(RowsOfBatches(model, Data(32, 2)), 16);
  EXPECT_TRUE(CheckBatchSize(model, Data(16, 2)).ok());
  // The only batch may be short, and so may be that of data of unknown length.
  EXPECT_TRUE(CheckBatchSize(model, Data(32, 1)).ok());
  EXPECT_TRUE(CheckBatchSize(model, Data(32, std::nullopt)).ok());
  const Status status = CheckBatchSize(model, Data(32, 2));
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("give --batch-size 16"), std::string::npos) << status;
}

TEST(ModelStatesTest, RefuseABatchOfOtherRows) {
  const model::LoadedModel model = StatefulModel();
  EXPECT_TRUE(CheckBatchRows(model, 0, 16).ok());
  const Status status = CheckBatchRows(model, 4, 6);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("batch 4 has 6 samples"), std::string::npos) << status;
}

TEST(ModelStatesTest, ModelsWithoutStatesTakeAnyBatch) {
  const model::LoadedModel model;
  EXPECT_EQ(RowsOfBatches(model, Data(32, 2)), 32);
  EXPECT_TRUE(CheckBatchSize(model, Data(32, 2)).ok());
  EXPECT_TRUE(CheckBatchRows(model, 4, 6).ok());
}

}  // namespace
}  // namespace sidecar::evaluate
