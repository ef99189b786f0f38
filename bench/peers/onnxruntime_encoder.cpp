// ONNX Runtime on a whole encoder: onnxruntime_encoder FOLDER SET THREADS [REPETITIONS], FOLDER as
// encoder_inputs writes it. Sequences are sorted by length before anything is timed and padded to the longest
// of their batch; a batch without padding goes to the model without a mask. From ids to normalised means of
// hidden states, as saccade bench encoder does it; a row for each size of batches.

#include "encoder_peer.hpp"
#include "onnxruntime_library.hpp"

namespace {

using namespace saccade::bench;

constexpr std::size_t width = 384;

/// Some sequences of a set as the model takes them.
struct PaddedBatch {
  std::int64_t sequences = 0, tokens = 0;  ///< of each sequence, padding included
  std::vector<std::int32_t> ids = {}, mask = {};
  bool full = true;
};

PaddedBatch padded(const EncoderSet& set, std::size_t first, std::size_t count) {
  const std::size_t longest = set.sequences[first].size();
  PaddedBatch batch = {static_cast<std::int64_t>(count), static_cast<std::int64_t>(longest)};
  for (std::size_t s = first; s < first + count; ++s) {
    const std::vector<std::int32_t>& ids = set.sequences[s];
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.mask.insert(batch.mask.end(), ids.size(), 1);
    batch.full = batch.full && ids.size() == longest;
    batch.ids.resize((s - first + 1) * longest);
    batch.mask.resize(batch.ids.size());
  }
  return batch;
}

/// The mean of [tokens][width] divided by its norm, which is the sum divided by its own.
void pool(const float* hidden, std::size_t tokens, float* vector) {
  std::fill_n(vector, width, 0.0f);
  for (std::size_t t = 0; t < tokens; ++t, hidden += width)
    for (std::size_t i = 0; i < width; ++i) vector[i] += hidden[i];
  double squares = 0;
  for (std::size_t i = 0; i < width; ++i) squares += static_cast<double>(vector[i]) * vector[i];
  const auto factor = static_cast<float>(1.0 / std::sqrt(squares));
  for (std::size_t i = 0; i < width; ++i) vector[i] *= factor;
}

class Encoder {
 public:
  Encoder(Ort::Env& env, const std::string& folder, int threads)
      : full_(env, (folder + "/model.onnx").c_str(), session_options(threads)),
        padded_(env, (folder + "/padded.onnx").c_str(), session_options(threads)) {}

  /// vectors: [sequences][width]
  void embed(const EncoderSet& set, std::size_t batch_size, std::vector<float>& vectors) {
    for (std::size_t first = 0; first < set.sequences.size(); first += batch_size) {
      const std::size_t count = std::min(batch_size, set.sequences.size() - first);
      PaddedBatch batch = padded(set, first, count);
      const std::vector<Ort::Value> outputs = run(batch);
      const float* const hidden = outputs.front().GetTensorData<float>();
      for (std::size_t s = 0; s < count; ++s)
        pool(hidden + s * static_cast<std::size_t>(batch.tokens) * width, set.sequences[first + s].size(),
             vectors.data() + (first + s) * width);
    }
  }

 private:
  std::vector<Ort::Value> run(PaddedBatch& batch) {
    const char* const names[] = {"ids", "mask"};
    const char* const output = output_.get();
    const Ort::Value inputs[] = {tensor(batch, batch.ids), tensor(batch, batch.mask)};
    return batch.full ? full_.Run(run_options_, names, inputs, 1, &output, 1)
                      : padded_.Run(run_options_, names, inputs, 2, &output, 1);
  }
  Ort::Value tensor(const PaddedBatch& batch, std::vector<std::int32_t>& values) {
    const std::int64_t shape[] = {batch.sequences, batch.tokens};
    return Ort::Value::CreateTensor<std::int32_t>(memory_, values.data(), values.size(), shape, 2);
  }

  Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
  Ort::RunOptions run_options_;
  Ort::Session full_, padded_;
  Ort::AllocatedStringPtr output_ = full_.GetOutputNameAllocated(0, Ort::AllocatorWithDefaultOptions());
};

void measure(const std::string& version, const std::string& folder, const std::string& name, int threads,
             std::size_t repetitions) {
  const EncoderSet set = read_encoder_set(folder, name, width);
  Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "peer");
  Encoder encoder(env, folder, threads);
  std::vector<float> vectors(set.sequences.size() * width);
  for (const std::size_t batch : {1, 8, 32}) {
    if (batch > set.sequences.size()) break;
    const auto embed = [&] { encoder.embed(set, batch, vectors); };
    Repetitions calls(repetitions);
    calls.warm_up(embed);
    while (!calls.done()) calls.time(embed);
    Agreement agreement;
    for (std::size_t s = 0; s < set.vectors.size(); ++s)
      agreement.add(vectors.data() + s * width, set.vectors[s]);
    print_encoder_row("onnxruntime", version, set, threads, batch, calls.timing(), agreement);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s FOLDER SET THREADS [REPETITIONS]\n", argv[0]);
    return 2;
  }
  try {
    measure(load_onnxruntime(), argv[1], argv[2], std::atoi(argv[3]),
            argc > 4 ? static_cast<std::size_t>(std::atoi(argv[4])) : 0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "onnxruntime: %s: %s\n", argv[2], error.what());
    return 1;
  }
}
