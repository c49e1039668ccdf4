set(model_run_libraries sidecar_model sidecar_engine sidecar_data sidecar_checkpoint nlohmann_json::nlohmann_json)
sidecar_test(conformance_layers_test
  SOURCES layers_test.cc model_run.cc
  LIBRARIES ${model_run_libraries}
  LABELS golden)
# The layers above in large graphs: what sanitizers could find, they find above, and OpenVINO is slow under them.
sidecar_test(conformance_applications_test
  SOURCES applications_test.cc model_run.cc
  LIBRARIES ${model_run_libraries}
  LABELS "golden;release-only")
