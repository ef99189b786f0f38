#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
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
  ProtobufMessage& real(int field, float value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 255);
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

enum class OnnxType { f32 = 1, i32 = 6, boolean = 9 };

struct OnnxTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< -1: any size
  OnnxType type = OnnxType::f32;
};

struct OnnxOperator {
  std::string name, domain;
  std::vector<std::pair<std::string, std::variant<std::int64_t, float>>> attributes = {};
};

/// A model, operator by operator; field numbers are those of onnx.proto.
class OnnxModel {
 public:
  OnnxModel() { graph_.text(2, "graph"); }
  OnnxModel& input(const OnnxTensor& tensor) { return describe(11, tensor); }
  OnnxModel& output(const OnnxTensor& tensor) { return describe(12, tensor); }

  /// A constant; its elements are little-endian, as this machine's.
  OnnxModel& weight(const std::string& name, const std::vector<std::int64_t>& shape,
                    std::span<const float> values) {
    ProtobufMessage tensor;
    for (const std::int64_t size : shape) tensor.number(1, static_cast<std::uint64_t>(size));
    tensor.number(2, static_cast<std::uint64_t>(OnnxType::f32)).text(8, name);
    tensor.text(9, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    graph_.message(5, tensor);
    return *this;
  }

  /// An input that is left out has an empty name.
  OnnxModel& add(const OnnxOperator& op, const std::vector<std::string>& inputs,
                 const std::vector<std::string>& outputs) {
    ProtobufMessage node;
    for (const std::string& input : inputs) node.text(1, input);
    for (const std::string& output : outputs) node.text(2, output);
    node.text(4, op.name).text(7, op.domain);
    for (const auto& [name, value] : op.attributes) node.message(5, attribute(name, value));
    graph_.message(1, node);
    return *this;
  }

  [[nodiscard]] std::string bytes() const {
    ProtobufMessage model;
    model.number(1, 10).message(7, graph_);  // of the IR version that came with opset 21
    model.message(8, ProtobufMessage().text(1, "").number(2, 23));
    model.message(8, ProtobufMessage().text(1, "com.microsoft").number(2, 1));
    return model.bytes();
  }

 private:
  OnnxModel& describe(int field, const OnnxTensor& tensor) {
    ProtobufMessage shape;
    for (const std::int64_t size : tensor.shape) {
      ProtobufMessage dimension;
      if (size >= 0) dimension.number(1, static_cast<std::uint64_t>(size));
      shape.message(1, dimension);
    }
    const ProtobufMessage type =
        ProtobufMessage().number(1, static_cast<std::uint64_t>(tensor.type)).message(2, shape);
    graph_.message(field,
                   ProtobufMessage().text(1, tensor.name).message(2, ProtobufMessage().message(1, type)));
    return *this;
  }
  static ProtobufMessage attribute(const std::string& name, const std::variant<std::int64_t, float>& value) {
    ProtobufMessage message;
    message.text(1, name);
    if (const auto* const real = std::get_if<float>(&value)) return message.real(2, *real).number(20, 1);
    return message.number(3, static_cast<std::uint64_t>(std::get<std::int64_t>(value))).number(20, 2);
  }

  ProtobufMessage graph_;
};

}  // namespace saccade::bench
