#include "map/png_view.hpp"
#include "saccade/error.hpp"

namespace saccade::command {

std::string as_png(std::string_view) {
  throw Error(ErrorCode::unsupported,
              "this command was built without librsvg, which draws .png files; write an .svg");
}

}  // namespace saccade::command
