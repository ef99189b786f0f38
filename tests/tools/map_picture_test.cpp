// `saccade map -o map.svg` and `.png`: what is drawn is what the numbers say, and texts are escaped.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "fixtures/expect_error.hpp"
#include "tools/map_file.hpp"
#include "tools/picture.hpp"

namespace saccade::test {
namespace {

/// Where a group of cells stands in an SVG.
struct Cells {
  int left = 0, top = 0, size = 0;
};

std::vector<Cells> cells_in(const std::string& svg) {
  std::vector<Cells> all;
  for (std::size_t at = 0; (at = svg.find("<g transform=\"translate(", at)) != std::string::npos; ++at) {
    Cells cells;
    if (std::sscanf(svg.c_str() + at, "<g transform=\"translate(%d %d) scale(%d)", &cells.left, &cells.top,
                    &cells.size) == 3)
      all.push_back(cells);
  }
  return all;
}

/// The share of the greatest that a colour stands for: lightness in Oklab falls evenly from 0.985 to 0.27.
double share_of(const Picture::Colour& colour) {
  return (0.985 - lightness(colour)) / (0.985 - 0.27);
}

double greatest_of(const MapNumbers& map) {
  double most = 0;
  for (std::int64_t i = 0; i < map.array.elements(); ++i)
    most = std::max(most, static_cast<double>(map.array.value(i)));
  return most;
}

// Half a level of 255, eight bits a channel, and what straight lines between the ramp's colours bend.
constexpr double tolerance = 0.015;

}  // namespace

TEST_CASE("the cells of a heat map have the colours of its numbers") {
  if (!Picture::can_read()) return;
  const TemporaryFolder folder;
  const Arguments arguments = {law, "--layer", "1", "--head", "2", "--token", "its"};
  const MapNumbers map = numbers_of(folder, {law, "--layer", "1", "--head", "2"});
  const Cells cells = cells_in(bytes_of(folder, arguments, "svg")).at(0);
  bytes_of(folder, arguments, "png");
  const Picture picture(folder / "map.png");
  const double most = greatest_of(map);
  for (std::int64_t query = 0; query < 16; ++query) {
    for (std::int64_t key = 0; key < 16; ++key) {
      INFO(query, " ", key);
      // A quarter into the cell, where neither its number nor the mark of the row is; two pixels for one.
      const auto in = [&](int begin, std::int64_t i) {
        return 2 * (begin + cells.size * static_cast<int>(i)) + cells.size / 2;
      };
      const double share = share_of(picture.at(in(cells.left, key), in(cells.top, query) - cells.size / 4));
      CHECK(std::abs(share - map.at(0, 0, query, key) / most) < tolerance);
    }
  }
}

TEST_CASE("the grid has a small map for each layer and head") {
  if (!Picture::can_read()) return;
  const TemporaryFolder folder;
  const MapNumbers map = numbers_of(folder, {law});
  const std::vector<Cells> cells = cells_in(bytes_of(folder, {law}, "svg"));
  REQUIRE(cells.size() >= 16);
  bytes_of(folder, {law}, "png");
  const Picture picture(folder / "map.png");
  const double most = greatest_of(map);
  for (std::int64_t plane = 0; plane < 16; ++plane) {
    const Cells& at = cells[static_cast<std::size_t>(plane)];
    for (std::int64_t i = 0; i < 16; ++i) {
      const int middle = at.size * (2 * static_cast<int>(i) + 1);
      const double share = share_of(picture.at(2 * at.left + middle, 2 * at.top + middle));
      CHECK(std::abs(share - map.at(plane / 4, plane % 4, i, i) / most) < tolerance);
    }
  }
}

TEST_CASE("a picture says what it shows, with the chosen token in bold") {
  const TemporaryFolder folder;
  const std::string svg = bytes_of(folder, {law, "--layer", "1", "--head", "2", "--token", "its"}, "svg");
  check_contains(svg, {">layer 1, head 2</text>", "font-weight=\"bold\">its</text>", ">application</text>",
                       ">0.0 %</text>", "<title>The Law"});
  CHECK(svg.find("font-weight=\"bold\">application") == std::string::npos);
}

TEST_CASE("token texts are escaped") {
  const TemporaryFolder folder;
  Arguments arguments = awkward_map(folder);
  arguments.insert(arguments.end(), {"--head", "0"});
  const std::string svg = bytes_of(folder, arguments, "svg");
  CHECK(svg.find("<script") == std::string::npos);
  check_contains(svg, {"&lt;script&gt;alert(1)&lt;…", "&quot;quoted&quot; &amp; &#39;singl…", ">שלום<",
                       ">🙂<", ">注意力<", ">##ção<", "a &lt; b &amp;&amp; &quot;c&quot;"});
  CHECK(json_of(folder, arguments).at("tokens") == awkward_names);
  if (Picture::can_read()) {
    bytes_of(folder, arguments, "png");
    CHECK(Picture(folder / "map.png").width() > 400);
  }
}

}  // namespace saccade::test
