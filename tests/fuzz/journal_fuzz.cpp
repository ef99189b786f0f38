// The journal of an unfinished job: it is read, compared and continued.

#include <nlohmann/json.hpp>

#include "fuzz/memory_folder.hpp"
#include "pipeline/embed/embed_journal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade;
  using namespace saccade::fuzz;
  static const MemoryFolder folder;
  folder.write("out.npy.manifest", as_text(bytes, size));
  errors_only([&] {
    pipeline::EmbedJournal journal(folder / "out.npy");
    journal.keep();
    if (journal.has_job())
      errors_only([&] { journal.require_same(nlohmann::json::parse(R"({"a": [1, {"b": 2}]})")); });
    if (journal.state()) journal.append(*journal.state(), {});
  });
  return 0;
}
