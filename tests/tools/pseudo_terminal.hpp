#pragma once

#include <string>

namespace saccade::test {

/// What a program takes for a terminal; the test reads what it shows.
class PseudoTerminal {
 public:
  PseudoTerminal();
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal();

  /// Of the device that programs write to.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// All that is written until the last program that has opened the device has closed it.
  [[nodiscard]] std::string read_until_closed() const;

 private:
  int reader_ = -1;
  std::string path_;
};

}  // namespace saccade::test
