#pragma once

#include <filesystem>
#include <memory>

namespace saccade::test {

/// The pixels of a PNG file.
class Picture {
 public:
  struct Colour {
    int red, green, blue;
  };

  /// False, with a message, where the command was built without what draws them.
  [[nodiscard]] static bool can_read();
  explicit Picture(const std::filesystem::path& png);
  ~Picture();

  [[nodiscard]] int width() const;
  [[nodiscard]] Colour at(int x, int y) const;

 private:
  struct Surface;
  std::unique_ptr<Surface> surface_;
};

/// L of Oklab (Ottosson 2020).
[[nodiscard]] double lightness(const Picture::Colour& colour);

}  // namespace saccade::test
