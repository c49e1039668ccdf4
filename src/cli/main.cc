#include "sidecar/evaluator.h"

int main() { return sidecar::Version() == nullptr ? 70 : 0; }
