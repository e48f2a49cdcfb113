"""The public names of each package: removing or renaming one breaks the code of users."""

from __future__ import annotations

import importlib

import pytest

NAMES = {
    "ctcalign": """
        AlignOptions AlignedCue AlignedToken AlignedWord Alignment CtcAlignError __version__ adapt align align_together
        apply_edits calibrate convert filter score
        list_models load_audio load_model open_audio read_alignment read_captions search_phrases transcribe
    """,
    "ctcalign.ctc": """
        BestPath EPSILON FILLER GraphBuilder GraphPath Hypothesis RelaxedGraph START TokenGraph WILDCARD best_path
        best_path_graph chain collapse feasible nbest next_token_log_probs occupancy path_log_prob
        path_log_probs prefix_beam_search sample_alignments sample_paths splice token_log_probs token_spans
        total_score
    """,
    "ctcalign.lattice": """
        ENGINES LatticeEngine NativeEngine engine
    """,
    "ctcalign.objectives": """
        AwpPairs BatchError Joint LowLatency MinimumCER MinimumWER Objective ObjectiveInput ObjectiveOutput
        PreferencePairs PropertyContext align_with_purpose_loss awp_pairs build_objective build_property
        consistency_loss delay_penalty_loss distillation_loss expected_errors fastemit_ctc_loss frames_at improve
        mwer_loss objective_names peak_first_loss register_objective register_property text_errors trim_tail
    """,
    "ctcalign.objectives.properties": """
        BatchProperty Joint LowLatency MinimumCER MinimumWER PropertyContext build_property draw_frames
        draw_numbers improve property_names register_property removable remove_frames
    """,
    "ctcalign.preference": """
        BatchError PairResult PreferenceLoss RewardShift RowResult TokenScores bco_loss
        build_preference_loss cdpo_loss contrast_rewards cpo_loss critical_token_scores ctc_lengths
        ctc_path_scores ctc_sequence_scores ctc_token_labels ctc_token_scores dpo_loss kto_loss
        lm_token_scores logo_loss matching_weights poft_loss preference_loss_names register_preference_loss
        simpo_loss tdpo_loss treg_loss
    """,
    "ctcalign.models": """
        AcousticModel ModelCard list_models load_model pick_device
    """,
    "ctcalign.formats": """
        FORMATS Format SubtitleLimits WriteReport atomic_directory atomic_write format_of from_captions plan_outputs
        read_alignment render write
    """,
    "ctcalign.train": """
        CTCModule CharacterTokenizer CutsDataModule ObjectiveConfig OptimiserConfig SamplerConfig
        SentencePieceTokenizer StartWhen WordErrorGuard evaluate_cuts export_checkpoint
    """,
    "ctcalign.metrics": """
        Comparison DelaySummary Delays EditCounts EmittedToken EmittedWord Interval TimedWord
        bootstrap_interval character_counts edit_alignment edit_counts edit_distance emission_delays
        emission_drifts emission_times emitted_words match_words mean_delay_interval paired_bootstrap
        summarise_delays total_counts total_latency word_counts
    """,
}


@pytest.mark.parametrize(("package", "name"), [(package, name) for package in NAMES for name in NAMES[package].split()])
def test_a_public_name_is_handed_out(package, name):
    module = importlib.import_module(package)
    assert hasattr(module, name), f"{package} has no {name}"
    assert type(getattr(module, name)).__name__ != "module", f"{package}.{name} is a module"
