#!/usr/bin/env bash
# What objectives and preference losses bring, on a bench that can show a change of 2 %: streaming models made from
# builtin:en, trained on synthetic and real speech, tested on synthetic speech with exact word times and on real speech.
#
#   run.sh --corpus DATA                         everything; finished runs are skipped, a stopped one resumes
#   run.sh --corpus DATA --jobs 2                two trainings at a time
# A trial of minutes is in tests/egs/test_objectives.py.
#
# Needs, below --corpus (a path from where you are): read_en/train and read_en/dev (.jsonl and .tar), dev/ljspeech_long
# and dev/reader_b_long with truth.json; other relative paths count from the folder of this script. The synthetic speech
# needs what egs/mini_en needs, and --austen, the data folder of r-cran-janeaustenr (apt-get install r-cran-janeaustenr).
# Stages: 0 texts, 1 synthetic speech, 2 real speech and its word times, 3 all training speech in one folder, 4 the
# offline baseline and the streaming models, how much the texts that objectives compare could improve, and the
# gradients of losses, 5 methods for latency, 6 methods for errors: all settings with one seed on dev, then the best of each with all
# seeds, and some trained longer, 7 the tests again with an n-gram model, 8 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/mini_en/objectives/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data
austen=/usr/lib/R/site-library/janeaustenr/data
engines="flite:0:2 festival:0:1.5"   # further synthesisers of training speech, synthesiser:seed:hours
hours=5                   # hours of training speech of hibari-tts
test_hours=2              # hours of the main test; a quarter of it for dev
utterances=""             # use the first N utterances of each real set only (for trials)
aligner=builtin:en-robust # gives the word times of real speech
min_word_score=-2.0       # nats per frame; words with a lower alignment score are left out of latency
plan=conf/plan.yaml; seeds="1 2 3"; jobs=1; threads=1; results=RESULTS.md; notes=conf/notes.md
start=streaming-look_ahead0.64-s1   # the run that the methods start from
tests="test read lj reader_b"
with_lm="test lj"   # tests that are also decoded with the n-gram model (needs kenlm); "": none
latency="ctc look_ahead awp awp_look_ahead awp_lattice awp_frames awp_throughout awp_long delay_penalty fastemit peak_first trim_tail"   # methods of stage 5
errors="ctc awp_wer awp_wer_one mwer dpo logo tdpo cdpo treg bco kto poft"   # methods of stage 6
longer="ctc_long mwer_long dpo_long"   # methods trained longer, the first is CTC alone; stage 6
rates="ctc_rate mwer_rate dpo_rate"   # with other learning rates, the first is CTC alone; stage 6
gradients="awp_wer mwer dpo"; batches=32   # losses whose gradients are compared, on so many batches
# shellcheck disable=SC2034  # read by parse_options.sh
inputs="corpus austen"
. ../../../tools/parse_options.sh
export OMP_NUM_THREADS=$threads
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
train() {
  local seeds=$1 parts=$2 methods=$3
  shift 3
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.run --plan "$plan" --data "$exp/data" --out "$exp/runs" --seeds $seeds \
    --jobs "$jobs" --threads "$threads" --min-word-score="$min_word_score" --parts $parts --only $methods "$@"
}
mkdir -p "$exp/data" "$exp/plain"

if run 0 || run 2; then need corpus read_en/{train,dev}.{jsonl,tar} dev/{ljspeech,reader_b}_long/truth.json; fi
if run 0 && [ ! -s "$exp/reserved.jsonl" ]; then
  need austen Rdata.rdb
  "$python" -m egs.mini_en.local.texts --austen "$austen" --reserved "$exp/reserved.jsonl" --out "$exp/texts.jsonl"
fi
if run 1; then
  quarter=$(awk "BEGIN {print $test_hours / 4}")
  {
    echo "speech train-hibari --texts $exp/texts.jsonl --voices 0-399 --seed 0 --hours $hours"
    echo "speech test --texts $exp/reserved.jsonl --voices 400-479 --seed 1 --hours $test_hours --once"
    echo "speech dev --texts $exp/texts.jsonl --voices 480-499 --seed 2 --hours $quarter --once"
    for voice in $engines; do
      IFS=: read -r engine number own <<<"$voice"
      echo "synthesise train-$engine --texts $exp/texts.jsonl --engine $engine --seed $number --hours $own"
    done
  } | while read -r program name options; do
    case $program in speech) module=egs.mini_en.objectives.local.speech ;; *) module=egs.robust_en.local.synthesise ;; esac
    case $name in train-*) folder=plain ;; *) folder=data ;; esac
    echo "$module $options --out $exp/$folder/$name"
  done | xargs -r -P "$jobs" -L 1 "$python" -m
fi
if run 2; then
  "$python" -m egs.mini_en.objectives.local.prepare --corpus "$corpus" --out "$exp/plain" \
    ${utterances:+--utterances "$utterances"}
  for part in read lj reader_b; do
    if [ ! -d "$exp/data/$part" ]; then
      "$python" -m recipes.awp.word_times --shar "$exp/plain/$part" --out "$exp/data/$part" --model "$aligner"
    fi
  done
fi
if run 3 && [ ! -d "$exp/data/train" ]; then
  "$python" -m egs.mini_en.objectives.local.prepare --join "$exp"/plain/train-* --out "$exp/data/train"
fi
if run 4; then
  train "$seeds" "dev $tests" streaming
  if [ ! -s "$exp/oracle.json" ]; then
    # shellcheck disable=SC2086
    "$python" -m egs.mini_en.objectives.local.oracle --model "$exp/runs/$start/model.safetensors" --data "$exp/data" \
      --parts dev $tests --out "$exp/oracle.json"
  fi
  if [ -n "$gradients" ] && [ ! -s "$exp/gradients.json" ]; then
    # shellcheck disable=SC2086
    "$python" -m egs.mini_en.objectives.local.gradients --plan "$plan" --data "$exp/data" --runs "$exp/runs" \
      --start "$start" --methods $gradients --batches "$batches" --out "$exp/gradients.json"
  fi
fi
if run 5; then train "$seeds" "dev test" "$latency"; fi
if run 6; then
  train "${seeds%% *}" dev "$errors"
  train "$seeds" "dev $tests" "$errors" --chosen dev
  if [ -n "$longer" ]; then train "$seeds" "dev $tests" "$longer"; fi
  if [ -n "$rates" ]; then train "$seeds" dev "$rates"; fi
fi
# shellcheck disable=SC2086
if run 7 && [ -n "$with_lm" ]; then
  if [ ! -s "$exp/words.arpa" ]; then
    "$python" -m egs.mini_en.objectives.local.ngram --texts "$exp/texts.jsonl" --without "$exp"/data/{dev,test} \
      --out "$exp/words.arpa"
  fi
  "$python" -m egs.mini_en.objectives.local.beam --runs "$exp/runs" --data "$exp/data" --lm "$exp/words.arpa" \
    --parts $with_lm --methods baseline streaming $errors --min-word-score="$min_word_score"
fi
# shellcheck disable=SC2086
if run 8; then
  "$python" -m egs.mini_en.objectives.local.results --runs "$exp/runs" --tests $tests --notes "$notes" \
    --latency $latency --errors $errors --longer $longer --rates $rates --oracle "$exp/oracle.json" \
    --gradients "$exp/gradients.json" \
    --command "$command" --plot "${results%.md}.png" --out "$results"
fi
