#include "map/png_view.hpp"

#include <librsvg/rsvg.h>

#include <memory>

#include "saccade/error.hpp"

namespace saccade::command {
namespace {

/// Pixels of the PNG for each pixel of the SVG; 2 keeps small labels sharp.
constexpr int scale = 2;

struct Release {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorCode::unsupported, "cannot draw the .png: " + why);
}

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) fail(cairo_status_to_string(status));
}

/// Throws the message of a GLib error.
void check(bool done, GError* error) {
  if (done) return;
  const std::string why = error == nullptr ? "unknown error" : error->message;
  g_clear_error(&error);
  fail(why);
}

cairo_status_t append(void* png, const unsigned char* bytes, unsigned int size) {
  static_cast<std::string*>(png)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

std::string as_png(std::string_view svg) {
  GError* error = nullptr;
  const std::unique_ptr<RsvgHandle, Release> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
  check(handle != nullptr, error);
  gdouble width = 0, height = 0;
  check(rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height) != FALSE, nullptr);
  const std::unique_ptr<cairo_surface_t, Release> surface(cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, static_cast<int>(width) * scale, static_cast<int>(height) * scale));
  check(cairo_surface_status(surface.get()));
  const std::unique_ptr<cairo_t, Release> context(cairo_create(surface.get()));
  const RsvgRectangle whole = {0, 0, width * scale, height * scale};
  check(rsvg_handle_render_document(handle.get(), context.get(), &whole, &error) != FALSE, error);
  std::string png;
  check(cairo_surface_write_to_png_stream(surface.get(), append, &png));
  return png;
}

}  // namespace saccade::command
