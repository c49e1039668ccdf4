#include "sidecar/evaluator.h"

namespace sidecar {

const char* Version() { return SIDECAR_VERSION; }

}  // namespace sidecar
