#pragma once

// Includes every public header except saccade/tbb.hpp, which needs oneTBB.

#include "saccade/attention.hpp"
#include "saccade/embed_files.hpp"
#include "saccade/encoder.hpp"
#include "saccade/engine.hpp"
#include "saccade/error.hpp"
#include "saccade/isa.hpp"
#include "saccade/kv_cache.hpp"
#include "saccade/measure.hpp"
#include "saccade/pooling.hpp"
#include "saccade/run_files.hpp"
#include "saccade/self_attention.hpp"
#include "saccade/similar.hpp"
#include "saccade/storage_type.hpp"
#include "saccade/tensor_file.hpp"
#include "saccade/tokenizer.hpp"
#include "saccade/unfinished_files.hpp"
#include "saccade/version.hpp"
#include "saccade/views.hpp"
#include "saccade/write_file.hpp"
