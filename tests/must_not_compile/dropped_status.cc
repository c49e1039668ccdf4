#include "sidecar/sidecar.h"

void Use(sidecar::Model& model) {
#ifdef SIDECAR_BAD_LINE
  model.Compile({});  // a Status must be looked at
#else
  (void)model.Compile({});
#endif
}
