#include "shell/token_names.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>

#include "saccade/error.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

using nlohmann::json;

Error wrong(const std::filesystem::path& path, const std::string& what) {
  return {ErrorCode::file_format, path.string() + ": " + what};
}

json parse(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file)
    throw Error(ErrorCode::file_not_usable, path.string() + ": cannot open: " + std::strerror(errno));
  try {
    return json::parse(file);
  } catch (const json::exception& error) {
    throw wrong(path, std::string("is not JSON: ") + error.what());
  }
}

TokenNames names_in(const json& element) {
  TokenNames names = {printable(element.value("text", "")), element.at("tokens")};
  for (std::string& token : names.tokens) token = printable(token);
  return names;
}

}  // namespace

std::vector<TokenNames> read_token_names(const std::filesystem::path& path) {
  const json document = parse(path);
  if (!document.is_array()) throw wrong(path, "is no JSON array of {\"text\", \"tokens\"}");
  std::vector<TokenNames> names;
  for (const json& element : document) {
    try {
      names.push_back(names_in(element));
    } catch (const json::exception&) {
      throw wrong(path, "element " + std::to_string(names.size()) +
                            " is not {\"text\": \"...\", \"tokens\": [\"...\", ...]}");
    }
  }
  return names;
}

}  // namespace saccade::command
