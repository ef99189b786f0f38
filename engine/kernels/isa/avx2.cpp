#include "kernels/lanes/avx2.hpp"

#include "kernels/table/make_table.hpp"
#include "kernels/table/tables.hpp"

namespace saccade::kernels {

constinit const IsaTable avx2_table = make_table<Avx2, Isa::avx2>();

}  // namespace saccade::kernels
