// Everything a program needs to embed the evaluator.
#pragma once

#include "sidecar/callbacks.h"
#include "sidecar/custom.h"
#include "sidecar/dataset.h"
#include "sidecar/evaluator.h"
#include "sidecar/layers.h"
#include "sidecar/log.h"
#include "sidecar/losses.h"
#include "sidecar/metrics.h"
#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"
