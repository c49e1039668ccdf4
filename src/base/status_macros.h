// Passing errors on: return-if-error and assign-or-return.
#pragma once

#include "sidecar/status.h"

#define SIDECAR_CONCAT_INNER_(a, b) a##b
#define SIDECAR_CONCAT_(a, b) SIDECAR_CONCAT_INNER_(a, b)

/// Returns the status of `expression` from the enclosing function if it is a failure.
#define SIDECAR_RETURN_IF_ERROR(expression)            \
  do {                                                 \
    ::sidecar::Status sidecar_status_ = (expression);  \
    if (!sidecar_status_.ok()) return sidecar_status_; \
  } while (false)

/// Returns the status of `expression` from the enclosing function if it is a failure, with a
/// context before its message.
#define SIDECAR_RETURN_IF_ERROR_CONTEXT(expression, context)                \
  do {                                                                      \
    ::sidecar::Status sidecar_status_ = (expression);                       \
    if (!sidecar_status_.ok()) return sidecar_status_.WithContext(context); \
  } while (false)

/// Declares or assigns `target` from a Result, or returns its status.
#define SIDECAR_ASSIGN_OR_RETURN(target, expression) \
  SIDECAR_ASSIGN_OR_RETURN_IMPL_(SIDECAR_CONCAT_(sidecar_result_, __LINE__), target, expression)
#define SIDECAR_ASSIGN_OR_RETURN_IMPL_(result, target, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) return result.status();                        \
  target = std::move(*result)

/// As above, with a context before the message.
#define SIDECAR_ASSIGN_OR_RETURN_CONTEXT(target, expression, context)                        \
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT_IMPL_(SIDECAR_CONCAT_(sidecar_result_, __LINE__), target, \
                                         expression, context)
#define SIDECAR_ASSIGN_OR_RETURN_CONTEXT_IMPL_(result, target, expression, context) \
  auto result = (expression);                                                       \
  if (!result.ok()) return result.status().WithContext(context);                    \
  target = std::move(*result)
