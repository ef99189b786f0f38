// ONNX Runtime's fused operator Attention, which also projects queries, keys and values, and a MatMul:
// onnxruntime_layer SET THREADS [REPETITIONS]. Sequences are sorted by length before anything is timed and
// padded to the longest of their batch; a batch without padding goes to a model without a mask. Moving
// tokens into padded batches and outputs back is timed, because a user's tokens are not padded; where
// sequences of one length lie one behind the other, nothing is moved. A row for each size of batches.

#include "layer_peer.hpp"
#include "onnx_model.hpp"
#include "onnxruntime_library.hpp"

namespace {

using namespace saccade::bench;

std::string model(const LayerWeights& weights, bool masked) {
  OnnxModel model;
  model.input({"x", {-1, -1, layer_width}}).output({"z", {-1, -1, layer_width}});
  if (masked) model.input({"lengths", {-1}, OnnxType::i32});
  model.weight("qkv", {layer_width, 3 * layer_width}, transposed_qkv(weights, layer_width));
  model.weight("output", {layer_width, layer_width}, transposed({&weights.output}, layer_width));
  model.weight("bias", {3 * layer_width}, std::vector<float>(3 * layer_width));  // not without one
  std::vector<std::string> inputs = {"x", "qkv", "bias"};
  if (masked) inputs.emplace_back("lengths");
  model.add({"Attention", "com.microsoft", {{"num_heads", layer_heads}}}, inputs, {"context"});
  model.add({"MatMul", ""}, {"context", "output"}, {"z"});
  return model.bytes();
}

Ort::Session session(Ort::Env& env, const LayerProblem& problem, bool masked, int threads) {
  const std::string bytes = model(problem.weights, masked);
  return {env, bytes.data(), bytes.size(), session_options(threads)};
}

class Layer {
 public:
  Layer(Ort::Env& env, const LayerProblem& problem, int threads)
      : problem_(problem),
        full_(session(env, problem, false, threads)),
        masked_(session(env, problem, true, threads)) {}

  void forward(const std::vector<PaddedBatch>& batches, float* z) {
    for (const PaddedBatch& batch : batches) {
      if (batch.in_place) {
        const std::int64_t first = batch.begins.front() * layer_width;
        run(batch, problem_.x.data() + first, z + first);
        continue;
      }
      const auto size = static_cast<std::size_t>(batch.padded_tokens() * layer_width);
      if (padded_x_.size() < size) padded_x_.resize(size), padded_z_.resize(size);
      batch.pad(problem_.x.data(), layer_width, padded_x_.data());
      run(batch, padded_x_.data(), padded_z_.data());
      batch.unpad(padded_z_.data(), layer_width, z);
    }
  }

 private:
  void run(const PaddedBatch& batch, const float* x, float* z) {
    const char* const names[] = {"x", "lengths"};
    const char* const output = "z";
    const std::vector<std::int32_t> lengths(batch.lengths.begin(), batch.lengths.end());
    const std::int64_t sequences = batch.sequences();
    const Ort::Value inputs[] = {tensor(batch, x), Ort::Value::CreateTensor<std::int32_t>(
                                                       memory_, const_cast<std::int32_t*>(lengths.data()),
                                                       lengths.size(), &sequences, 1)};
    Ort::Value outputs[] = {tensor(batch, z)};
    if (batch.full())
      full_.Run(run_options_, names, inputs, 1, &output, outputs, 1);
    else
      masked_.Run(run_options_, names, inputs, 2, &output, outputs, 1);
  }
  Ort::Value tensor(const PaddedBatch& batch, const float* values) {
    const std::int64_t shape[] = {batch.sequences(), batch.longest(), layer_width};
    return Ort::Value::CreateTensor<float>(memory_, const_cast<float*>(values),
                                           static_cast<std::size_t>(batch.padded_tokens() * layer_width),
                                           shape, 3);
  }

  const LayerProblem& problem_;
  Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
  Ort::RunOptions run_options_;
  Ort::Session full_, masked_;
  std::vector<float> padded_x_, padded_z_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string version = load_onnxruntime();
  Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "peer");
  return run_layer_peer("onnxruntime", version, argc, argv, [&](const LayerPeer& peer) {
    Layer layer(env, peer.problem(), peer.threads());
    for (const std::int64_t size : batch_sizes(peer.problem())) {
      const std::vector<PaddedBatch> batches = padded_batches(peer.problem(), size);
      peer.measure(size, [&](float* z) { layer.forward(batches, z); });
    }
  });
}
