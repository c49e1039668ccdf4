set(model_run_libraries sidecar_model sidecar_engine sidecar_data sidecar_checkpoint nlohmann_json::nlohmann_json)
sidecar_test(conformance_layers_test
  SOURCES layers_test.cc model_run.cc
  LIBRARIES ${model_run_libraries}
  LABELS golden)
# Nothing but the layers above, a hundred times each: hours of OpenVINO's compiler under sanitizers.
sidecar_test(conformance_applications_test
  SOURCES applications_test.cc model_run.cc
  LIBRARIES ${model_run_libraries}
  LABELS "golden;release-only")
