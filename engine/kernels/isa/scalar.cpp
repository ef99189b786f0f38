#include "kernels/lanes/scalar.hpp"

#include "kernels/table/make_table.hpp"
#include "kernels/table/tables.hpp"

namespace saccade::kernels {

constinit const IsaTable scalar_table = make_table<Scalar, Isa::scalar>();

}  // namespace saccade::kernels
