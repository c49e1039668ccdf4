#include "sidecar/sidecar.h"

void Use(const sidecar::SidecarEvaluator& evaluator) {
#ifdef SIDECAR_BAD_LINE
  const sidecar::SidecarEvaluator copy = evaluator;  // an evaluator is one running thing
  (void)copy;
#else
  (void)evaluator;
#endif
}
