#include "tools/browser.hpp"
#include "fixtures/paths.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

extern "C" char** environ;

namespace saccade::test {
namespace {

using nlohmann::json;

constexpr const char* driver = "/usr/bin/chromedriver";

pid_t start_driver(const std::string& output) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT, 0600);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string name = driver, port = "--port=0";
  std::vector<char*> arguments = {name.data(), port.data(), nullptr};
  pid_t process = -1;
  const int failed = ::posix_spawn(&process, driver, &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error("cannot start chromedriver");
  return process;
}

/// The port that the driver says it has chosen.
int wait_for_port(const std::filesystem::path& output) {
  const std::string before = "successfully on port ";
  for (int i = 0; i < 600; ++i) {
    const std::string said = read_bytes(output);
    const std::size_t at = said.find(before);
    if (at != std::string::npos && said.find('.', at) != std::string::npos)
      return std::atoi(said.c_str() + at + before.size());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw std::runtime_error("chromedriver does not start");
}

/// The body of an HTTP answer, once all of it is there: the driver keeps connections open.
std::optional<std::string> body_of(const std::string& answer) {
  const std::string before = "Content-Length:";
  const std::size_t end = answer.find("\r\n\r\n"), length = answer.find(before);
  if (end == std::string::npos || length > end) return std::nullopt;
  const auto size = static_cast<std::size_t>(std::atoll(answer.c_str() + length + before.size()));
  if (answer.size() < end + 4 + size) return std::nullopt;
  return answer.substr(end + 4, size);
}

/// Sends a request to this machine and waits for the answer's body.
std::string answer_to(int port, const std::string& request) {
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience = {.tv_sec = 120, .tv_usec = 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::optional<std::string> body;
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    std::string answer;
    std::vector<char> part(1 << 16);
    for (ssize_t count = 0; !body && (count = ::recv(connection, part.data(), part.size(), 0)) > 0;) {
      answer.append(part.data(), static_cast<std::size_t>(count));
      body = body_of(answer);
    }
  }
  ::close(connection);
  if (!body) throw std::runtime_error("chromedriver does not answer: " + request.substr(0, 80));
  return *body;
}

}  // namespace

bool Browser::is_installed() {
  return !lacks(driver);
}

Browser::Browser() : driver_(start_driver(folder_ / "driver")), port_(wait_for_port(folder_ / "driver")) {
  // No sandbox: where the tests run as root, or in a container, the browser has none.
  const json options = {
      {"args", {"--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"}}};
  const json wanted = {{"goog:chromeOptions", options},
                       {"goog:loggingPrefs", {{"browser", "ALL"}, {"performance", "ALL"}}}};
  session_ = call("POST", "/session", {{"capabilities", {{"alwaysMatch", wanted}}}}).at("sessionId");
}

Browser::~Browser() {
  try {
    (void)call("DELETE", "/session/" + session_, nullptr);
  } catch (const std::exception&) {
    // The driver goes in any case.
  }
  ::kill(driver_, SIGTERM);
  ::waitpid(driver_, nullptr, 0);
}

json Browser::call(const std::string& method, const std::string& path, const json& body) const {
  const std::string text = body.is_null() ? "" : body.dump();
  const std::string answer = answer_to(
      port_, method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                 "Content-Type: application/json\r\nContent-Length: " + std::to_string(text.size()) +
                 "\r\n\r\n" + text);
  const json value = json::parse(answer).at("value");
  if (value.is_object() && value.contains("error")) throw std::runtime_error(path + ": " + value.dump());
  return value;
}

void Browser::open(const std::filesystem::path& page) const {
  (void)call("POST", "/session/" + session_ + "/url", {{"url", "file://" + page.string()}});
}

json Browser::evaluate(const std::string& body) const {
  return call("POST", "/session/" + session_ + "/execute/sync", {{"script", body}, {"args", json::array()}});
}

void Browser::act(const json& source) const {
  (void)call("POST", "/session/" + session_ + "/actions", {{"actions", json::array({source})}});
}

void Browser::point_at(const std::string& selector) const {
  const json element =
      call("POST", "/session/" + session_ + "/element", {{"using", "css selector"}, {"value", selector}});
  const json move = {{"type", "pointerMove"}, {"duration", 0}, {"origin", element}, {"x", 0}, {"y", 0}};
  act({{"type", "pointer"}, {"id", "mouse"}, {"actions", json::array({move})}});
}

void Browser::press(const std::string& key) const {
  const json down = {{"type", "keyDown"}, {"value", key}}, up = {{"type", "keyUp"}, {"value", key}};
  act({{"type", "key"}, {"id", "keyboard"}, {"actions", json::array({down, up})}});
}

void Browser::prefer(const std::string& scheme) const {
  const json feature = {{"name", "prefers-color-scheme"}, {"value", scheme}};
  const json parameters = {{"features", json::array({feature})}};
  (void)call("POST", "/session/" + session_ + "/goog/cdp/execute",
             {{"cmd", "Emulation.setEmulatedMedia"}, {"params", parameters}});
}

json Browser::log(const std::string& type) const {
  return call("POST", "/session/" + session_ + "/se/log", {{"type", type}});
}

}  // namespace saccade::test
