#include "kernels/lanes/neon.hpp"

#include "kernels/table/make_table.hpp"
#include "kernels/table/tables.hpp"

namespace saccade::kernels {

constinit const IsaTable neon_table = make_table<Neon, Isa::neon>();

}  // namespace saccade::kernels
