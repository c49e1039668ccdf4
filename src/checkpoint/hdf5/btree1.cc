#include "checkpoint/hdf5/btree1.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <vector>

#include "base/status_macros.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::uint64_t kNodeHeadSize = 24;
constexpr std::string_view kTreeNode = "B-tree node";

struct Pending {
  std::uint64_t address = 0;
  std::optional<unsigned> level;  // as the parent says; the root may have any
};

struct Node {
  unsigned level = 0;
  unsigned entries = 0;
  std::vector<std::byte> body;  // key, child, key, child, …, key
};

Result<Node> ReadNode(FileView& view, const Pending& pending, BtreeType type,
                      std::size_t key_size) {
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::byte> head,
                           view.Read(pending.address, kNodeHeadSize, kTreeNode));
  FieldReader reader(head);
  if (reader.Text(4) != "TREE")
    return view.Damaged(kTreeNode, pending.address, "no signature TREE");
  const std::uint8_t node_type = reader.U8();
  Node node;
  node.level = reader.U8();
  node.entries = reader.U16();
  if (node_type != static_cast<std::uint8_t>(type)) {
    return view.Damaged(
        kTreeNode, pending.address,
        fmt::format("type {}, expected {}", node_type, static_cast<unsigned>(type)));
  }
  if (pending.level && *pending.level != node.level) {
    return view.Damaged(kTreeNode, pending.address,
                        fmt::format("level {}, expected {}", node.level, *pending.level));
  }
  const std::uint64_t size = node.entries * (key_size + 8) + key_size;
  SIDECAR_ASSIGN_OR_RETURN(node.body, view.Read(pending.address + kNodeHeadSize, size, kTreeNode));
  return node;
}

}  // namespace

Status VisitBtree(FileView& view, std::uint64_t root, BtreeType type, std::size_t key_size,
                  const BtreeVisitor& visit) {
  std::vector<Pending> stack{{root, std::nullopt}};
  std::set<std::uint64_t> visited;
  while (!stack.empty()) {
    const Pending pending = stack.back();
    stack.pop_back();
    if (!visited.insert(pending.address).second)
      return view.Damaged(kTreeNode, pending.address, "it is reached twice");
    SIDECAR_ASSIGN_OR_RETURN(Node node, ReadNode(view, pending, type, key_size));
    FieldReader reader(node.body);
    std::vector<Pending> children;
    for (unsigned i = 0; i < node.entries; ++i) {
      const auto key = reader.Bytes(key_size);
      const std::uint64_t child = reader.U64();
      if (node.level == 0) {
        SIDECAR_RETURN_IF_ERROR(visit(key, child));
      } else {
        children.push_back({child, node.level - 1});
      }
    }
    stack.insert(stack.end(), children.rbegin(), children.rend());  // the leftmost comes next
  }
  return {};
}

}  // namespace sidecar::checkpoint::hdf5
