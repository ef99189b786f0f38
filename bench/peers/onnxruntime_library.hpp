#pragma once

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

namespace saccade::bench {

/// Loads the library that $ONNXRUNTIME_LIBRARY names; its version.
inline std::string load_onnxruntime() {
  const char* const path = std::getenv("ONNXRUNTIME_LIBRARY");
  void* const library = path != nullptr ? dlopen(path, RTLD_NOW) : nullptr;
  void* const entry = library != nullptr ? dlsym(library, "OrtGetApiBase") : nullptr;
  const OrtApiBase* const base =
      entry != nullptr ? reinterpret_cast<const OrtApiBase* (*)()>(entry)() : nullptr;
  const OrtApi* const api = base != nullptr ? base->GetApi(ORT_API_VERSION) : nullptr;
  if (api == nullptr) {
    std::fprintf(stderr, "onnxruntime: $ONNXRUNTIME_LIBRARY is no library with version %d of its interface\n",
                 ORT_API_VERSION);
    std::exit(1);
  }
  Ort::InitApi(api);
  return base->GetVersionString();
}

/// What a user sets: threads. They spin between operators, and graphs are optimised, as by default.
inline Ort::SessionOptions session_options(int threads) {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(threads);
  options.SetInterOpNumThreads(1);
  return options;
}

}  // namespace saccade::bench
