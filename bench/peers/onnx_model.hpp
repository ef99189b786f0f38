#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace saccade::bench {

/// A message in the wire format of Protocol Buffers: numbers as base-128 varints, texts and messages with
/// their length.
class ProtobufMessage {
 public:
  ProtobufMessage& number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
    return *this;
  }
  ProtobufMessage& text(int field, const std::string& value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufMessage& message(int field, const ProtobufMessage& value) { return text(field, value.bytes_); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += static_cast<char>(value % 128 + 128);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

struct OnnxTensor {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// An operator with whole-number attributes.
struct OnnxOperator {
  std::string name, domain;
  std::vector<std::pair<std::string, std::int64_t>> attributes;
};

/// A model of one operator on fp32 tensors; field numbers are those of onnx.proto.
inline std::string onnx_model(const OnnxOperator& op, const std::vector<OnnxTensor>& inputs,
                              const OnnxTensor& output) {
  const auto value_info = [](const OnnxTensor& tensor) {
    ProtobufMessage shape;
    for (const std::int64_t size : tensor.shape)
      shape.message(1, ProtobufMessage().number(1, static_cast<std::uint64_t>(size)));
    const ProtobufMessage type = ProtobufMessage().number(1, 1).message(2, shape);  // 1: FLOAT
    return ProtobufMessage().text(1, tensor.name).message(2, ProtobufMessage().message(1, type));
  };
  ProtobufMessage node, graph, model;
  for (const OnnxTensor& input : inputs) node.text(1, input.name);
  node.text(2, output.name).text(4, op.name).text(7, op.domain);
  for (const auto& [name, value] : op.attributes)
    node.message(5, ProtobufMessage()
                        .text(1, name)
                        .number(3, static_cast<std::uint64_t>(value))
                        .number(20, 2));  // 2: INT
  graph.message(1, node).text(2, "attention");
  for (const OnnxTensor& input : inputs) graph.message(11, value_info(input));
  graph.message(12, value_info(output));
  model.number(1, 10).message(7, graph);  // of the IR version that came with opset 21
  model.message(8, ProtobufMessage().text(1, "").number(2, 23));
  model.message(8, ProtobufMessage().text(1, "com.microsoft").number(2, 1));
  return model.bytes();
}

}  // namespace saccade::bench
