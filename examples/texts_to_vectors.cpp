// Texts to vectors by an encoder's directory, and how close they are in meaning.

#include <saccade/saccade.hpp>

#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

int main() {
  saccade::Engine engine;
  const auto encoder = saccade::Encoder::load(engine, "tools/models/saccade-mini");
  const std::vector<std::string> texts = {"A ship on the sea.",
                                          "The whale rose beside the ship and dived again.",
                                          "The judge said that the law is the same for rich and poor."};
  const std::vector<float> vectors = encoder.embed(engine, texts);  // [texts][width], of length 1

  const auto width = static_cast<std::ptrdiff_t>(encoder.embedding_width());
  const auto closeness = [&](std::ptrdiff_t a, std::ptrdiff_t b) {
    const auto first = vectors.begin() + a * width;
    return std::inner_product(first, first + width, vectors.begin() + b * width, 0.0f);
  };
  std::printf("ship and whale %.2f, ship and judge %.2f\n", static_cast<double>(closeness(0, 1)),
              static_cast<double>(closeness(0, 2)));
  return closeness(0, 1) > closeness(0, 2) ? 0 : 1;
}
