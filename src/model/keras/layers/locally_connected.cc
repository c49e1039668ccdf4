// LocallyConnected1D and 2D of Keras 2: convolutions whose kernel differs from place to place. Each
// implementation stores the weights in another way.
#include <fmt/format.h>

#include <algorithm>
#include <openvino/op/gather.hpp>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/grid.h"

namespace sidecar::model::keras {
namespace {

// More index entries than this make no sense for a layer and would take too much memory.
constexpr std::int64_t kMostEntries = std::int64_t{1} << 26;

using Sizes = std::vector<std::int64_t>;

// Counts through all places of a box, the last dimension fastest.
class Places {
 public:
  explicit Places(Sizes sizes) : sizes_(std::move(sizes)), place_(sizes_.size(), 0) {}
  [[nodiscard]] const Sizes& place() const { return place_; }
  bool Next() {
    for (std::size_t i = sizes_.size(); i-- > 0;) {
      if (++place_[i] < sizes_[i]) return true;
      place_[i] = 0;
    }
    return false;
  }

 private:
  Sizes sizes_;
  Sizes place_;
};

// Spatial sizes with the channels before or after them.
Sizes WithChannels(const Sizes& spatial, std::int64_t channels, bool first) {
  Sizes sizes;
  if (first) sizes.push_back(channels);
  sizes.insert(sizes.end(), spatial.begin(), spatial.end());
  if (!first) sizes.push_back(channels);
  return sizes;
}

struct Local {
  Grid grid;
  Sizes in;      // spatial sizes
  Sizes out;     // likewise
  Sizes kernel;  // likewise
  Sizes strides;
  bool same = false;
  std::int64_t channels = 0;
  std::int64_t filters = 0;

  // The place of a value in a sample, flattened.
  [[nodiscard]] std::int64_t Flat(const Sizes& spatial_sizes, const Sizes& place,
                                  std::int64_t channel, std::int64_t channel_count) const {
    std::int64_t index = grid.channels_first ? channel : 0;
    for (std::size_t i = 0; i < place.size(); ++i) index = index * spatial_sizes[i] + place[i];
    return grid.channels_first ? index : index * channel_count + channel;
  }
  // Whether the input at `from` counts for the output at `to`; tf_keras/utils/conv_utils.py
  // `conv_connected_inputs`, whose "same" is not that of convolutions.
  [[nodiscard]] bool Connected(const Sizes& from, const Sizes& to) const {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::int64_t begin = to[i] * strides[i] - (same ? kernel[i] / 2 : 0);
      if (from[i] < begin || from[i] >= begin + kernel[i]) return false;
    }
    return true;
  }
};

std::int64_t Product(const Sizes& sizes) {
  std::int64_t product = 1;
  for (const std::int64_t size : sizes) {
    product = size > kMostEntries / product ? kMostEntries + 1 : product * size;
  }
  return product;
}

Result<Local> ReadLocal(const LayerContext& context, const Values& inputs) {
  Local local;
  SIDECAR_ASSIGN_OR_RETURN(local.grid, ReadGrid(context, inputs));
  const Grid& grid = local.grid;
  const auto rank = static_cast<std::size_t>(grid.spatial_rank);
  SIDECAR_ASSIGN_OR_RETURN(const Window window,
                           ReadWindow(context.config(), "kernel_size", rank, std::nullopt));
  SIDECAR_ASSIGN_OR_RETURN(local.filters, context.config().PositiveInt("filters"));
  SIDECAR_ASSIGN_OR_RETURN(local.channels, KnownSize(context, grid.input, grid.channel_axis()));
  local.same = window.padding == ov::op::PadType::SAME_UPPER;
  local.kernel = window.size;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto axis = grid.first_axis() + static_cast<std::int64_t>(i);
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, grid.input, axis));
    const auto stride = static_cast<std::int64_t>(window.strides[i]);
    const std::int64_t room = local.same ? size : size - local.kernel[i] + 1;
    if (room < 1) {
      return context.Fail(StatusCode::kFailedPrecondition, "its window is larger than its input");
    }
    local.in.push_back(size);
    local.strides.push_back(stride);
    local.out.push_back((room + stride - 1) / stride);
  }
  const Sizes all = {Product(local.in), Product(local.out), Product(local.kernel)};
  const std::int64_t pairs = Product({all[0], all[1]});
  const std::int64_t weights = Product({all[1], all[2], local.channels, local.filters});
  if (std::max(pairs, weights) > kMostEntries) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("has more than {} weights or connections", kMostEntries));
  }
  return local;
}

GraphOutput Flattened(const Local& local) {
  return Reshaped(ToFloat(local.grid.input.output), {0, Product(local.in) * local.channels});
}

GraphOutput GatherLast(const GraphOutput& values, const Sizes& indices) {
  return std::make_shared<ov::op::v8::Gather>(values, IntConstant(indices), IntConstant(1));
}

// [out places, window * channels, filters]: a matrix for each place.
Result<GraphOutput> ByPatches(LayerContext& context, const Local& local) {
  const std::int64_t places = Product(local.out);
  const std::int64_t features = Product(local.kernel) * local.channels;
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel,
                           context.Variable({.name = "kernel",
                                             .shape = {places, features, local.filters},
                                             .regularizer = "kernel_regularizer"}));
  const bool first = local.grid.channels_first;
  Sizes indices;
  Places out(local.out);
  do {
    // The window and the channels, in the layout of the input.
    Places inside(WithChannels(local.kernel, local.channels, first));
    do {
      Sizes place = inside.place();
      const auto channel_place = first ? place.begin() : place.end() - 1;
      const std::int64_t channel = *channel_place;
      place.erase(channel_place);
      for (std::size_t i = 0; i < place.size(); ++i) {
        place[i] += out.place()[i] * local.strides[i];
      }
      indices.push_back(local.Flat(local.in, place, channel, local.channels));
    } while (inside.Next());
  } while (out.Next());
  GraphOutput patches = Reshaped(GatherLast(Flattened(local), indices), {0, places, features});
  patches = MatrixProduct(Transposed(patches, {1, 0, 2}), kernel);
  const std::vector<std::int64_t> order = local.grid.channels_first
                                              ? std::vector<std::int64_t>{1, 2, 0}
                                              : std::vector<std::int64_t>{1, 0, 2};
  return Transposed(patches, order);
}

// A weight for each pair of an input and an output value, most of which do not count.
Result<GraphOutput> ByMaskedMatrix(LayerContext& context, const Local& local) {
  const bool first = local.grid.channels_first;
  const auto shape_for = [&](std::int64_t channels, std::int64_t filters) {
    Sizes shape = WithChannels(local.in, channels, first);
    const Sizes out = WithChannels(local.out, filters, first);
    shape.insert(shape.end(), out.begin(), out.end());
    return shape;
  };
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput kernel,
      context.Variable({.name = "kernel",
                        .shape = Shape(shape_for(local.channels, local.filters)),
                        .regularizer = "kernel_regularizer"}));
  std::vector<double> mask;
  Places from(local.in);
  do {
    Places to(local.out);
    do {
      mask.push_back(local.Connected(from.place(), to.place()) ? 1 : 0);
    } while (to.Next());
  } while (from.Next());
  const GraphOutput masked =
      Times(kernel, FloatConstant(ToSizes<ov::Shape>(shape_for(1, 1)), mask));
  const std::int64_t in_size = Product(local.in) * local.channels;
  const std::int64_t out_size = Product(local.out) * local.filters;
  return MatrixProduct(Flattened(local), Reshaped(masked, {in_size, out_size}));
}

// A list of the weights that count, by output value, then by input value.
Result<GraphOutput> ByWeightList(LayerContext& context, const Local& local) {
  const auto in_places = [&local](const Sizes& to) {
    Sizes places;
    Places from(local.in);
    do {
      if (!local.Connected(from.place(), to)) continue;
      for (std::int64_t channel = 0; channel < local.channels; ++channel) {
        places.push_back(local.Flat(local.in, from.place(), channel, local.channels));
      }
    } while (from.Next());
    std::sort(places.begin(), places.end());
    return places;
  };
  std::vector<Sizes> inputs_of(static_cast<std::size_t>(Product(local.out) * local.filters));
  Places to(local.out);
  do {
    const Sizes places = in_places(to.place());
    for (std::int64_t filter = 0; filter < local.filters; ++filter) {
      const std::int64_t output = local.Flat(local.out, to.place(), filter, local.filters);
      inputs_of[static_cast<std::size_t>(output)] = places;
    }
  } while (to.Next());
  std::int64_t count = 0;
  std::size_t most = 0;
  for (const Sizes& inputs : inputs_of) {
    count += static_cast<std::int64_t>(inputs.size());
    most = std::max(most, inputs.size());
  }
  // Outputs with fewer inputs than others get the weight 0, which stands behind the list.
  Sizes inputs;
  Sizes weights;
  std::int64_t next = 0;
  for (const Sizes& list : inputs_of) {
    for (std::size_t i = 0; i < most; ++i) {
      inputs.push_back(i < list.size() ? list[i] : 0);
      weights.push_back(i < list.size() ? next++ : count);
    }
  }
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput kernel,
      context.Variable({.name = "kernel", .shape = {count}, .regularizer = "kernel_regularizer"}));
  const Sizes shape = {-1, static_cast<std::int64_t>(inputs_of.size()),
                       static_cast<std::int64_t>(most)};
  const GraphOutput extended = PaddedWithZeros(Reshaped(kernel, {1, count}), {0, 0}, {0, 1});
  const GraphOutput factors = Reshaped(GatherLast(extended, weights), shape);
  const GraphOutput values = Reshaped(GatherLast(Flattened(local), inputs), shape);
  return SumOver(Times(values, factors), {2}, false);
}

Result<GraphOutput> Apply(LayerContext& context, const Local& local) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t implementation,
                           context.config().Int("implementation", 1));
  if (implementation == 1 && !local.same) return ByPatches(context, local);
  if (implementation == 2) return ByMaskedMatrix(context, local);
  if (implementation == 3) return ByWeightList(context, local);
  return context.config().Wrong("implementation", "1 (with config.padding \"valid\" only), 2 or 3");
}

}  // namespace

Result<Values> LowerLocallyConnected(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Local local, ReadLocal(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const bool use_bias, context.config().Bool("use_bias", true));
  SIDECAR_ASSIGN_OR_RETURN(GraphOutput result, Apply(context, local));
  const Sizes sample = WithChannels(local.out, local.filters, local.grid.channels_first);
  Sizes sizes = {0};
  sizes.insert(sizes.end(), sample.begin(), sample.end());
  result = Reshaped(result, sizes);
  if (use_bias) {
    Sizes stored = local.out;
    stored.push_back(local.filters);
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput bias,
        context.Variable(
            {.name = "bias", .shape = Shape(stored), .regularizer = "bias_regularizer"}));
    // Keras gives it the output's shape by a reshape, also for channels_first.
    result = Plus(result, Reshaped(bias, sample));
  }
  SIDECAR_ASSIGN_OR_RETURN(Value output, Activated(context, "activation", {result}));
  return Values{std::move(output)};
}

}  // namespace sidecar::model::keras
