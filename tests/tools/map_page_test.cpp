// `saccade map -o map.html` in a browser.

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>

#include "tools/browser.hpp"
#include "tools/map_file.hpp"
#include "tools/stored_tensor.hpp"

namespace saccade::test {
namespace {

using nlohmann::json;

// Keys as WebDriver calls them.
constexpr const char* tab = "\uE004";
constexpr const char* page_down = "\uE00F";
constexpr const char* arrow_right = "\uE014";
constexpr const char* arrow_down = "\uE015";
constexpr const char* escape = "\uE00C";

const std::string shares_beside_keys =
    "return Array.from(document.querySelectorAll('#keys .share'), (share) => share.textContent)";

const std::string shares_beside_queries =
    "return Array.from(document.querySelectorAll('#queries .share'), (share) => share.textContent)";

std::string query_token(std::int64_t index) {
  return "#queries li:nth-child(" + std::to_string(index + 1) + ") button";
}

/// The shares that the page shows beside the keys are the row's, as far as `digits` of a percentage go.
void check_shares(const Browser& browser, const MapNumbers& map, std::int64_t layer, std::int64_t head,
                  std::int64_t query, double most_error) {
  const json shares = browser.evaluate(shares_beside_keys);
  REQUIRE(static_cast<std::int64_t>(shares.size()) == map.size(3));
  for (std::int64_t key = 0; key < map.size(3); ++key) {
    INFO(layer, " ", head, " ", query, " ", key);
    const double shown = std::stod(shares.at(static_cast<std::size_t>(key)).get<std::string>()) / 100;
    CHECK(std::abs(shown - map.at(layer, head, query, key)) <= most_error);
  }
}

void check_quiet(const Browser& browser) {
  CHECK(browser.log("browser") == json::array());
  for (const json& entry : browser.log("performance")) {
    const json event = json::parse(entry.at("message").get<std::string>()).at("message");
    if (event.at("method") != "Network.requestWillBeSent") continue;
    const std::string url = event.at("params").at("request").at("url");
    INFO(url);
    CHECK((url.starts_with("file:") || url.starts_with("data:")));
  }
}

/// The mean of red, green and blue in the middle of each cell of the heat map: the ramp falls in it all the
/// way.
const std::string light_of_cells =
    "drawHeat(); const canvas = document.getElementById('heat'), ratio = devicePixelRatio, all = [];"
    "const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
    "for (let q = 0; q < rows; ++q) for (let k = 0; k < columns; ++k) {"
    "  const at = (begin, i) => Math.floor((begin + (i + .5) * cell) * ratio);"
    "  const pixel = 4 * (at(heat.top, q) * canvas.width + at(heat.left, k));"
    "  all.push((pixels[pixel] + pixels[pixel + 1] + pixels[pixel + 2]) / 3); }"
    "return all";
/// The same of the page's background.
const std::string light_of_page =
    "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g)"
    ".reduce((sum, channel) => sum + Number(channel), 0) / 3";

// Two digits of a percentage are shown: half of the last, and a step of 16 bits.
constexpr double most_error = 0.5e-4 + 1e-5;

}  // namespace

TEST_CASE("browser: pointing at a token shows its row, and the switches work") {
  if (!Browser::is_installed()) return;
  const TemporaryFolder folder;
  const MapNumbers map = numbers_of(folder, {law});
  bytes_of(folder, {law, "--token", "its"}, "html");
  const Browser browser;
  browser.open(folder / "map.html");
  check_shares(browser, map, 0, 0, 9, most_error);  // the chosen token, at first
  for (const std::int64_t query : {0, 2, 15}) {
    browser.point_at(query_token(query));
    check_shares(browser, map, 0, 0, query, most_error);
  }
  browser.evaluate(
      "const select = document.getElementById('head'); select.selectedIndex = 3;"
      "select.dispatchEvent(new Event('change'))");
  check_shares(browser, map, 0, 3, 15, most_error);
  browser.evaluate("document.querySelector('#queries li:nth-child(3) button').focus()");
  browser.press(page_down);
  check_shares(browser, map, 1, 3, 2, most_error);
  browser.press(arrow_down);
  check_shares(browser, map, 1, 3, 3, most_error);
  browser.press(arrow_right);  // behind the last head: their mean
  const MapNumbers mean = numbers_of(folder, {law, "--head", "mean"});
  check_shares(browser, mean, 1, 0, 3, most_error);
  browser.press(arrow_right);  // and the first again
  check_shares(browser, map, 1, 0, 3, most_error);
  browser.press(escape);
  CHECK(browser.evaluate(shares_beside_keys).at(0) == "");
  check_quiet(browser);
}

TEST_CASE("browser: on the right a token shows what attends to it, with the mouse and by keys") {
  if (!Browser::is_installed()) return;
  const TemporaryFolder folder;
  const MapNumbers map = numbers_of(folder, {law, "--layer", "2"});
  bytes_of(folder, {law, "--layer", "2"}, "html");
  const Browser browser;
  browser.open(folder / "map.html");
  const auto check_column = [&](std::int64_t head, std::int64_t key) {
    const json shares = browser.evaluate(shares_beside_queries);
    REQUIRE(shares.size() == 16);
    for (std::int64_t query = 0; query < 16; ++query) {
      const double shown = std::stod(shares.at(static_cast<std::size_t>(query)).get<std::string>()) / 100;
      CHECK(std::abs(shown - map.at(0, head, query, key)) <= most_error);
    }
  };
  browser.point_at("#keys li:nth-child(11) button");
  check_column(0, 10);
  const std::string focus_of = "return document.activeElement.closest('ol').id";
  browser.evaluate("document.getElementById('head').focus()");
  browser.press(tab);
  CHECK(browser.evaluate(focus_of) == "queries");
  browser.press(tab);
  CHECK(browser.evaluate(focus_of) == "keys");
  check_column(0, 0);
  browser.press(arrow_down);
  check_column(0, 1);
  browser.press(arrow_right);
  check_column(1, 1);
  check_quiet(browser);
}

TEST_CASE("browser: on paper the heat map is the darker the more there is, in the dark the lighter") {
  if (!Browser::is_installed()) return;
  const TemporaryFolder folder;
  const MapNumbers map = numbers_of(folder, {law, "--layer", "1", "--head", "0"});
  bytes_of(folder, {law, "--layer", "1", "--head", "0"}, "html");
  const Browser browser;
  for (const std::string scheme : {"light", "dark"}) {
    INFO(scheme);
    browser.prefer(scheme);
    browser.open(folder / "map.html");
    const double page = browser.evaluate(light_of_page), sign = scheme == "light" ? 1 : -1;
    CHECK(sign * (page - 128) > 64);
    const json light = browser.evaluate(light_of_cells);
    for (std::size_t i = 0; i < 16; ++i) {
      for (std::size_t j = 2; j < 16; ++j) {
        for (const std::size_t k : {j - 1, j - 2}) {
          const auto value = [&](std::size_t key) {
            return map.at(0, 0, static_cast<std::int64_t>(i), static_cast<std::int64_t>(key));
          };
          if (value(j) - value(k) < 0.02) continue;
          CHECK(sign * (light.at(16 * i + k).get<double>() - light.at(16 * i + j).get<double>()) > 0);
        }
      }
    }
  }
  check_quiet(browser);
}

TEST_CASE("browser: token texts are texts, whatever they are") {
  if (!Browser::is_installed()) return;
  const TemporaryFolder folder;
  bytes_of(folder, awkward_map(folder), "html");
  const Browser browser;
  browser.open(folder / "map.html");
  CHECK(browser.evaluate("return Array.from(document.querySelectorAll('#keys bdi'), (b) => b.textContent)") ==
        awkward_names);
  CHECK(browser.evaluate("return document.title") == "a < b && \"c\"");
  CHECK(browser.evaluate("return document.scripts.length") == 2);
  check_quiet(browser);
}

TEST_CASE("browser: 12 layers of 12 heads over 128 tokens fit 5 MB and answer at once") {
  if (!Browser::is_installed()) return;
  const TemporaryFolder folder;
  constexpr std::int64_t n = 128;
  std::vector<float> values(12 * 12 * n * n);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>((i * 2654435761u >> 8) % 1000) / 64000;
  const auto from =
      write_tensors(folder / "large.safetensors", {tensor("probabilities_0", "F32", {12, 12, n, n}, values)});
  const std::string page = bytes_of(folder, {"--from", from}, "html");
  CHECK(page.size() < 5'000'000);
  bytes_of(folder, {"--from", from}, "npy");
  const Browser browser;
  browser.open(folder / "map.html");
  browser.evaluate("document.querySelector('#queries li:nth-child(6) button').focus()");
  browser.press(page_down);
  // 8 bits, whole percentages.
  check_shares(browser, MapNumbers(folder / "map.npy"), 1, 0, 5, 0.5e-2 + 1e-4);
  const json milliseconds = browser.evaluate(
      "const begin = performance.now(); choosePlane(); drawLines(); drawHeat(); return performance.now() - "
      "begin");
  CHECK(milliseconds.get<double>() < 1000);  // some tens; machines that run tests are busy
  check_quiet(browser);
}

}  // namespace saccade::test
