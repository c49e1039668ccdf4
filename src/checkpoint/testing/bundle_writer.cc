#include "checkpoint/testing/bundle_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/protobuf.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/slice_layout.h"

namespace sidecar::checkpoint::testing {
namespace {

std::uint64_t Unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

void AppendInteger(std::string& out, std::uint64_t value, std::size_t size, bool big_endian) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<char>(value >> (8 * (big_endian ? size - 1 - i : i))));
}

/// The elements of a box, packed.
std::string BoxBytes(const Tensor& tensor, const SliceBox& box) {
  std::string bytes;
  const std::size_t element = DTypeSize(tensor.dtype());
  const std::int64_t count = *box.shape.NumElements();
  for (std::int64_t i = 0; i < count; ++i) {
    SliceBox at{box.starts, box.shape};
    std::int64_t rest = i;
    for (std::size_t axis = box.shape.rank(); axis-- > 0; rest /= box.shape[axis])
      at.starts[axis] += rest % box.shape[axis];
    const auto offset = static_cast<std::size_t>(FirstElement(tensor.shape(), at)) * element;
    bytes += base::AsText(tensor.bytes().subspan(offset, element));
  }
  return bytes;
}

}  // namespace

std::string EncodeHeader(std::int32_t num_shards, bool big_endian) {
  base::ProtoWriter version;
  version.AddVarint(1, 1);
  base::ProtoWriter header;
  header.AddVarint(1, Unsigned(num_shards));
  header.AddVarint(2, big_endian ? 1 : 0);
  header.AddBytes(3, version.bytes());
  return header.bytes();
}

std::string EncodeEntry(const BundleEntry& entry) {
  base::ProtoWriter shape;
  for (const std::int64_t size : entry.shape.sizes()) {
    base::ProtoWriter dim;
    dim.AddVarint(1, Unsigned(size));
    shape.AddBytesAlways(2, dim.bytes());
  }
  base::ProtoWriter message;
  message.AddVarint(1, static_cast<std::uint64_t>(entry.dtype));
  message.AddBytesAlways(2, shape.bytes());
  message.AddVarint(3, Unsigned(entry.shard));
  message.AddVarint(4, entry.offset);
  message.AddVarint(5, entry.size);
  message.AddFixed32(6, entry.masked_crc);
  for (const TensorSlice& slice : entry.slices) {
    base::ProtoWriter extents;
    for (const SliceExtent& extent : slice) {
      base::ProtoWriter fields;
      fields.AddVarint(1, Unsigned(extent.start));
      if (extent.length) fields.AddVarintAlways(2, Unsigned(*extent.length));
      extents.AddBytesAlways(1, fields.bytes());
    }
    message.AddBytesAlways(7, extents.bytes());
  }
  return message.bytes();
}

BundleEntry BundleWriter::AppendData(const std::string& bytes, std::int32_t shard_number) {
  std::string& data = shard(shard_number);
  BundleEntry entry;
  entry.shard = shard_number;
  entry.offset = data.size();
  entry.size = bytes.size();
  entry.masked_crc = base::MaskCrc(base::Crc32c(base::AsBytes(bytes)));
  data += bytes;
  return entry;
}

std::string BundleWriter::FileBytes(const Tensor& tensor) const {
  std::string bytes(base::AsText(tensor.bytes()));
  std::size_t size = DTypeSize(tensor.dtype());
  if (tensor.dtype() == DType::kComplex64 || tensor.dtype() == DType::kComplex128) size /= 2;
  for (std::size_t i = 0; big_endian_ && i + size <= bytes.size(); i += size) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(i);
    std::reverse(at, at + static_cast<std::ptrdiff_t>(size));
  }
  return bytes;
}

void BundleWriter::Add(const std::string& key, const Tensor& tensor, std::int32_t shard_number) {
  BundleEntry entry = AppendData(FileBytes(tensor), shard_number);
  entry.dtype = tensor.dtype();
  entry.shape = tensor.shape();
  entries_[key] = EncodeEntry(entry);
}

void BundleWriter::AddStrings(const std::string& key, const Shape& shape,
                              const std::vector<std::string>& values, std::int32_t shard_number) {
  std::string bytes;
  std::string summed;  // lengths as fixed integers, their checksum, the strings
  for (const std::string& value : values) {
    base::AppendVarint(bytes, value.size());
    AppendInteger(summed, value.size(), 4, big_endian_);
  }
  std::string checksum;
  AppendInteger(checksum, base::MaskCrc(base::Crc32c(base::AsBytes(summed))), 4, big_endian_);
  bytes += checksum;
  summed += checksum;
  for (const std::string& value : values) {
    bytes += value;
    summed += value;
  }
  BundleEntry entry = AppendData(bytes, shard_number);
  entry.dtype = DType::kString;
  entry.shape = shape;
  entry.masked_crc = base::MaskCrc(base::Crc32c(base::AsBytes(summed)));
  entries_[key] = EncodeEntry(entry);
}

void BundleWriter::AddPartitioned(const std::string& key, const Tensor& tensor,
                                  const std::vector<TensorSlice>& slices) {
  BundleEntry whole;
  whole.dtype = tensor.dtype();
  whole.shape = tensor.shape();
  whole.slices = slices;
  entries_[key] = EncodeEntry(whole);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    SliceBox box;
    std::vector<std::int64_t> sizes;
    for (std::size_t axis = 0; axis < slices[i].size(); ++axis) {
      box.starts.push_back(slices[i][axis].start);
      sizes.push_back(slices[i][axis].length.value_or(tensor.shape()[axis]));
    }
    box.shape = Shape(sizes);
    const auto shard_number = static_cast<std::int32_t>(i % shards_.size());
    const Tensor part =
        *Tensor::FromBytes(tensor.dtype(), box.shape, base::AsBytes(BoxBytes(tensor, box)));
    BundleEntry entry = AppendData(FileBytes(part), shard_number);
    entry.dtype = tensor.dtype();
    entry.shape = box.shape;
    entries_[EncodeSliceKey(key, slices[i])] = EncodeEntry(entry);
  }
}

std::string BundleWriter::Index(const TableOptions& options) const {
  return BuildTable(TableEntries(entries_.begin(), entries_.end()), options);
}

std::map<std::string, std::string> BundleWriter::Files(const std::string& prefix,
                                                       const TableOptions& options) const {
  std::map<std::string, std::string> files{{prefix + ".index", Index(options)}};
  for (std::size_t i = 0; i < shards_.size(); ++i)
    files[fmt::format("{}.data-{:05}-of-{:05}", prefix, i, shards_.size())] = shards_[i];
  return files;
}

void BundleWriter::Write(base::MemoryFileSystem& fs, const std::string& prefix,
                         const TableOptions& options) const {
  for (const auto& [path, content] : Files(prefix, options)) fs.Write(path, content);
}

std::uint32_t GraphWriter::AddNode() {
  nodes_.emplace_back();
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void GraphWriter::AddChild(std::uint32_t parent, const std::string& name, std::uint32_t child) {
  nodes_.at(parent).children.emplace_back(name, child);
}

std::uint32_t GraphWriter::AddVariable(std::uint32_t parent, const std::string& name,
                                       const std::string& key, const std::string& full_name) {
  const std::uint32_t node = AddNode();
  AddChild(parent, name, node);
  base::ProtoWriter attribute;
  attribute.AddBytes(1, ObjectGraph::kVariableValue);
  attribute.AddBytes(2, full_name);
  attribute.AddBytes(3, key);
  base::ProtoWriter field;
  field.AddBytesAlways(2, attribute.bytes());
  nodes_[node].attributes = field.bytes();
  return node;
}

std::uint32_t GraphWriter::Path(std::uint32_t from, const std::string& path) {
  std::uint32_t node = from;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    begin = end + 1;
    const auto& children = nodes_[node].children;
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const auto& child) { return child.first == name; });
    if (found != children.end()) {
      node = found->second;
      continue;
    }
    const std::uint32_t next = AddNode();
    AddChild(node, name, next);
    node = next;
  }
  return node;
}

std::string GraphWriter::Serialize() const {
  base::ProtoWriter graph;
  for (const Node& node : nodes_) {
    base::ProtoWriter object;
    for (const auto& [name, child] : node.children) {
      base::ProtoWriter reference;
      reference.AddVarint(1, child);
      reference.AddBytes(2, name);
      object.AddBytesAlways(1, reference.bytes());
    }
    graph.AddBytesAlways(1, object.bytes() + node.attributes);
  }
  return graph.bytes();
}

BundleWriter MakeCheckpoint(const CheckpointContent& content) {
  BundleWriter writer;
  GraphWriter graph;
  constexpr std::string_view kSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";
  const auto add = [&](const std::string& path, const Tensor& tensor) {
    const std::size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const std::string key = path + std::string(kSuffix);
    graph.AddVariable(graph.Path(0, parent), name, key, path);
    writer.Add(key, tensor);
  };
  const std::string model = content.model_name.empty() ? "" : content.model_name + "/";
  for (const auto& [path, tensor] : content.variables) add(model + path, tensor);
  if (content.step) {
    add("optimizer/_iterations", *Tensor::FromValues<std::int64_t>(Shape{}, {*content.step}));
  }
  writer.AddStrings(std::string(ObjectGraph::kKey), Shape{}, {graph.Serialize()});
  return writer;
}

}  // namespace sidecar::checkpoint::testing
