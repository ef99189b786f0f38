# Sourced by bench/compare: a whole encoder, with the engines that have one.
inputs_option=--sets inputs=mixed512,128x32,16x256,1x16 wanted=saccade,onnxruntime,torch
out=build/compare/encoder targets=(saccade_command encoder_inputs)

check_inputs() {
  [[ $inputs, =~ ^((mixed512|[1-9][0-9]{0,4}x[1-9][0-9]{0,2}),)+$ ]] || wrong "--sets '$inputs' is not a list of sets"
}
list_cases() { tr , '\n' <<<"$inputs"; }
# Model and ids, 0.3 GB.
make_inputs() { build/bench/encoder_inputs "$out/inputs" ${inputs//,/ }; }

have_saccade() { true; }
have_onnxruntime() { compile_onnxruntime onnxruntime_encoder; }
have_torch() { find_torch; }

# turn PEER THREADS SET: an engine's turn at a set, lines of JSON.
turn() {
  export OMP_NUM_THREADS=$2
  case $1 in
    saccade)
      build/saccade bench encoder --model "$out/inputs/model" --sets "$out/inputs/$3.jsonl" --threads "$2" \
        --format jsonl ${repetitions:+-r "$repetitions"} ;;
    onnxruntime) $bin/onnxruntime_encoder "$out/inputs" "$3" "$2" $repetitions ;;
    torch) run_torch bench/peers/torch_encoder.py "$out/inputs" "$3" "$2" $repetitions ;;
  esac
}
