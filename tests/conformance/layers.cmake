sidecar_test(conformance_layers_test
  SOURCES layers_test.cc
  LIBRARIES sidecar_model sidecar_engine sidecar_data sidecar_checkpoint nlohmann_json::nlohmann_json
  LABELS golden)
