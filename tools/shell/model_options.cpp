#include "shell/model_options.hpp"

namespace saccade::command {
namespace {

const std::map<std::string, TextFormat> input_formats = {{"lines", TextFormat::lines},
                                                         {"jsonl", TextFormat::json_lines}};

}  // namespace

CLI::Option& add_model_option(CLI::App& subcommand, std::filesystem::path& model) {
  return *subcommand
              .add_option("--model", model,
                          "directory as the Hugging Face hub has it: config.json, model.safetensors, "
                          "tokenizer.json or vocab.txt, and what sentence-transformers adds; default: "
                          "saccade-mini, small and English, which comes with the command")
              ->type_name("DIR");
}

void add_text_options(CLI::App& subcommand, std::string& field, std::optional<TextFormat>& format,
                      const std::string& group) {
  subcommand.add_option("--field", field, "key of the text in .jsonl, instead of \"text\"")
      ->type_name("KEY")
      ->group(group);
  subcommand
      .add_option_function<std::string>(
          "--input-format",
          [&format](const std::string& name) { format = called(input_formats, name, "--input-format"); },
          "lines or jsonl: what inputs are that end in neither .txt nor .jsonl; the standard input is lines "
          "where this is not given")
      ->type_name("NAME")
      ->group(group);
}

}  // namespace saccade::command
