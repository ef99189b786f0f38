#include "kernels/lanes/avx512.hpp"

#include "kernels/table/make_table.hpp"
#include "kernels/table/tables.hpp"

namespace saccade::kernels {

constinit const IsaTable avx512_table = make_table<Avx512, Isa::avx512>();

}  // namespace saccade::kernels
