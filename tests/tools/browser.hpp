#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include <sys/types.h>

#include "fixtures/temporary_folder.hpp"

namespace saccade::test {

/// A browser without a window, driven through chromedriver as WebDriver says
/// (https://www.w3.org/TR/webdriver2/).
class Browser {
 public:
  /// False, with a message, where no chromedriver is installed.
  [[nodiscard]] static bool is_installed();
  Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;
  ~Browser();

  void open(const std::filesystem::path& page) const;
  /// What a function of this body returns in the page.
  nlohmann::json evaluate(const std::string& body) const;
  /// Moves the mouse to the middle of the element that this selector finds.
  void point_at(const std::string& selector) const;
  void press(const std::string& key) const;
  /// What pages find as prefers-color-scheme: "light" or "dark".
  void prefer(const std::string& scheme) const;
  /// Entries of a log since it was last read: "browser", the console, or "performance", what the page did.
  [[nodiscard]] nlohmann::json log(const std::string& type) const;

 private:
  [[nodiscard]] nlohmann::json call(const std::string& method, const std::string& path,
                                    const nlohmann::json& body) const;
  void act(const nlohmann::json& source) const;

  TemporaryFolder folder_;
  pid_t driver_ = -1;
  int port_ = 0;
  std::string session_;
};

}  // namespace saccade::test
