# Sourced by bench/compare: attention, with the engines that have it.
inputs_option=--cases inputs=bench/peers/cases.txt wanted=saccade,openblas,onednn,onnxruntime,torch
out=build/compare targets=(saccade_command)

check_inputs() {
  [ -r "$inputs" ] || wrong "$inputs cannot be read"
  [[ $masks, =~ ^((full|causal|random|padding|window),)+$ ]] || wrong "--masks '$masks' is not a list of masks"
}
make_inputs() { true; }
# BATCH HEADS QUERIES KEYS HEAD_DIM MASK a line; masks by position only where each query has its own key
list_cases() {
  sed 's/#.*//' "$inputs" | awk -v masks="$masks" 'NF {
    count = split(masks, mask, ",")
    for (i = 1; i <= count; ++i)
      if ($3 == $4 || mask[i] !~ /causal|window/) print $1, $2, $3, $4, $5, mask[i]
  }'
}

# The functions that say whether an engine is there, and make it ready.
have_saccade() { true; }
have_openblas() {
  local folder
  folder=/usr/include/$(c++ -print-multiarch)/openblas-pthread
  compile openblas bench/peers/openblas.cpp -ffast-math -fopenmp -I"$folder" -lopenblas
}
have_onednn() { compile onednn bench/peers/onednn.cpp -fopenmp -ldnnl; }
have_onnxruntime() { compile_onnxruntime onnxruntime; }
have_torch() {
  export PEER_PROBLEM=$PWD/$bin/problem.so
  find_torch && compile problem.so bench/peers/problem.cpp -fPIC -shared
}

# turn PEER THREADS BATCH HEADS QUERIES KEYS HEAD_DIM MASK: an engine's turn at a case, lines of JSON.
turn() {
  local peer=$1 layouts=bhsd
  export OMP_NUM_THREADS=$2
  shift 2
  case $peer in
    saccade)  # on the layout that the others get; single queries also from a cache
      [ "$3" != 1 ] || layouts=bhsd,panels
      build/saccade bench attention --batch "$1" --heads "$2" --queries "$3" --lengths "$4" --head-dim "$5" \
        --mask "$6" --threads "$OMP_NUM_THREADS" --layout $layouts --format jsonl ${repetitions:+-r "$repetitions"} ;;
    torch) run_torch bench/peers/torch_sdpa.py "$@" "$OMP_NUM_THREADS" $repetitions ;;
    *) "$bin/$peer" "$@" "$OMP_NUM_THREADS" $repetitions ;;
  esac
}
