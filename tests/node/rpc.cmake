if(TARGET node_main)
  testamur_test(test_node_rpc
    SOURCES api_call.cpp rpc_client.cpp rpc_lanes_test.cpp rpc_submit_test.cpp rpc_verify_test.cpp rpc_service_test.cpp rpc_decision_test.cpp rpc_limits_test.cpp rpc_bounds_test.cpp rpc_relay_test.cpp rpc_process_test.cpp rpc_start_test.cpp decision_log_test.cpp node_status_test.cpp rpc_bad_statement_test.cpp rpc_request_test.cpp
    LINKS running_nodes testamur_proto_api)
  target_precompile_headers(test_node_rpc PRIVATE <grpcpp/grpcpp.h>)
  testamur_test(test_node_membership SOURCES membership_test.cpp rpc_client.cpp LINKS running_nodes testamur_proto_api)
endif()
