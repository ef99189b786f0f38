# Sourced by bench/compare: a self-attention layer on ragged batches, with the engines that it can be made of.
inputs_option=--sets inputs=mixed512,128x32,16x256,1x16 wanted=saccade,openblas,onednn,onnxruntime,torch
out=build/compare/layer targets=(saccade_command)

check_inputs() {
  [[ $inputs, =~ ^((mixed512|[1-9][0-9]{0,4}x[1-9][0-9]{0,4}),)+$ ]] || wrong "--sets '$inputs' is not a list of sets"
}
list_cases() { tr , '\n' <<<"$inputs"; }
make_inputs() { true; }

have_saccade() { true; }
have_openblas() {
  local folder
  folder=/usr/include/$(c++ -print-multiarch)/openblas-pthread
  compile openblas_layer bench/peers/openblas_layer.cpp -ffast-math -fopenmp -I"$folder" -lopenblas
}
have_onednn() { compile onednn_layer bench/peers/onednn_layer.cpp -fopenmp -ldnnl; }
have_onnxruntime() { compile_onnxruntime onnxruntime_layer; }
have_torch() {
  export PEER_PROBLEM=$PWD/$bin/layer_problem.so
  find_torch && compile layer_problem.so bench/peers/layer_problem.cpp -fPIC -shared
}

# turn PEER THREADS SET: an engine's turn at a set, lines of JSON.
turn() {
  export OMP_NUM_THREADS=$2
  case $1 in
    saccade)
      build/saccade bench layer --width 384 --heads 12 --sets "$3" --threads "$2" --format jsonl \
        ${repetitions:+-r "$repetitions"} ;;
    torch) run_torch bench/peers/torch_layer.py "$3" "$2" $repetitions ;;
    *) "$bin/$1_layer" "$3" "$2" $repetitions ;;
  esac
}
