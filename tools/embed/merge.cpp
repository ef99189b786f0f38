#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "saccade/saccade.hpp"
#include "shell/figures.hpp"
#include "shell/notes.hpp"
#include "subcommands.hpp"

namespace saccade::command {

void add_merge(CLI::App& app, Action& action) {
  const auto output = std::make_shared<std::filesystem::path>();
  CLI::App& merge = *app.add_subcommand("merge", "Makes one output of the parts that embed --shard wrote");
  merge
      .add_option(
          "OUT", *output,
          "file to write, from all of OUT.shard-0-of-N and so on, which stay: what saccade embed would "
          "have written without --shard, byte for byte")
      ->required()
      ->type_name("");
  merge.footer("Example: saccade merge embeddings.npy\n\n");
  merge.callback([output, &action] {
    action = [output] {
      const MergeSummary summary = merge_shards(*output);
      note(count_of(summary.shards, "shard") + ", " + with_commas(static_cast<std::int64_t>(summary.bytes)) +
           " bytes");
      return 0;
    };
  });
}

}  // namespace saccade::command
