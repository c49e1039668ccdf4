#include "sidecar/sidecar.h"

void Use() {
#ifdef SIDECAR_BAD_LINE
  sidecar::Model::Load("model.keras");  // a Result must be looked at
#else
  (void)sidecar::Model::Load("model.keras");
#endif
}
