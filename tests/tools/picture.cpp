#include "tools/picture.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#ifdef SACCADE_HAS_PNG
#include <cairo.h>
#endif

namespace saccade::test {

#ifdef SACCADE_HAS_PNG

struct Picture::Surface {
  cairo_surface_t* surface;
};

bool Picture::can_read() {
  return true;
}

Picture::Picture(const std::filesystem::path& png)
    : surface_(new Surface{cairo_image_surface_create_from_png(png.c_str())}) {
  REQUIRE(cairo_surface_status(surface_->surface) == CAIRO_STATUS_SUCCESS);
}

Picture::~Picture() {
  cairo_surface_destroy(surface_->surface);
}

int Picture::width() const {
  return cairo_image_surface_get_width(surface_->surface);
}

Picture::Colour Picture::at(int x, int y) const {
  REQUIRE(x >= 0);
  REQUIRE(x < width());
  REQUIRE(y >= 0);
  REQUIRE(y < cairo_image_surface_get_height(surface_->surface));
  const unsigned char* const row =
      cairo_image_surface_get_data(surface_->surface) + y * cairo_image_surface_get_stride(surface_->surface);
  std::uint32_t pixel = 0;
  std::memcpy(&pixel, row + 4 * x, sizeof pixel);
  return {static_cast<int>(pixel >> 16 & 0xff), static_cast<int>(pixel >> 8 & 0xff),
          static_cast<int>(pixel & 0xff)};
}

#else

struct Picture::Surface {};

bool Picture::can_read() {
  MESSAGE("skipped: the command draws no .png");
  return false;
}

Picture::Picture(const std::filesystem::path&) {}
Picture::~Picture() = default;
int Picture::width() const {
  return 0;
}
Picture::Colour Picture::at(int, int) const {
  return {};
}

#endif

double lightness(const Picture::Colour& colour) {
  const auto linear = [](int channel) {
    const double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  const double r = linear(colour.red), g = linear(colour.green), b = linear(colour.blue);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
}

}  // namespace saccade::test
