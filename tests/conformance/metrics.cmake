sidecar_test(conformance_metrics_test
  SOURCES metrics_test.cc
  LIBRARIES sidecar_evaluate sidecar_data nlohmann_json::nlohmann_json PkgConfig::libzip
  LABELS golden)
