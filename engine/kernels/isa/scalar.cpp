#include "kernels/lanes/scalar.hpp"

#include "kernels/make_table.hpp"
#include "kernels/tables.hpp"

namespace saccade::kernels {

constinit const KernelTable scalar_table = make_table<Scalar, Isa::scalar>();

}  // namespace saccade::kernels
