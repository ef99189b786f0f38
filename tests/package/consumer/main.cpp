#include <iostream>
#include <saccade/saccade.hpp>
#include <vector>

// One token attends to itself: what comes out is its value.
int main() {
  saccade::Engine engine({.threads = 1});
  const std::vector<float> qkv = {1, 2, 3, 4};
  const std::vector<std::int64_t> offsets = {0, 1};
  std::vector<float> out(4);
  const saccade::ConstHeadsView in{
      .data = qkv.data(), .tokens = 1, .heads = 1, .head_dim = 4, .token_stride = 4};
  saccade::attention(engine, {in, in, in, {out.data(), 1, 1, 4, 4, 0}, offsets});
  std::cout << "saccade " << saccade::version() << ": " << out[0] << ' ' << out[3] << '\n';
  return out == qkv ? 0 : 1;
}
