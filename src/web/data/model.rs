//! The screen of the model that orders the queue: its card, its curves, and the precision of judged flags.

use super::RunData;
use crate::{
    explain::{self, QuestionError},
    judgement::Judgement,
    model::{self, CalibrationBin, Model},
    run::{
        RunError,
        models::{self, store},
    },
};

/// Points of the calibration curve and of the precision curve.
const CALIBRATION_POINTS: usize = 10;
const PRECISION_POINTS: usize = 20;

/// Rows of similar probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationPoint {
    /// Mean probability, 0 to 1.
    pub probability: f64,
    /// Share of positives, 0 to 1.
    pub share: f64,
    /// Number of rows.
    pub rows: u32,
    /// Number of positives.
    pub positives: u32,
}

/// The rows with the highest scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionPoint {
    /// Number of these rows.
    pub rows: u32,
    /// Number of positives among them.
    pub positives: u32,
    /// Share of positives among them, 0 to 1.
    pub precision: f64,
    /// Their share of all positives, 0 to 1; 0 without positives.
    pub recall: f64,
}

/// A part of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardBlock {
    /// A heading with its level from 1.
    Heading(u8, String),
    /// A paragraph.
    Paragraph(String),
    /// A list.
    List(Vec<String>),
    /// A table: its header and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// A model in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// Name of the outcome that it answers.
    pub outcome: String,
    /// Name of the model.
    pub model: String,
}

/// The screen of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelScreen {
    /// Name of the model that orders the queue now.
    pub name: String,
    /// Its id; `rules` for the order by rules alone.
    pub id: String,
    /// Ids of the models that scored the flags of this run; empty if rules alone scored them.
    pub of_run: Vec<String>,
    /// Models in service for other outcomes.
    pub in_service: Vec<ServiceRow>,
    /// Is true if figures are left out: they count labels of this deployment that the audience may not know.
    pub is_cut: bool,
    /// Card.
    pub card: Vec<CardBlock>,
    /// Calibration curve over the rows of the calibration, by ascending probability.
    pub calibration: Vec<CalibrationPoint>,
    /// Precision curve over the same rows, the highest scores first.
    pub precision: Vec<PrecisionPoint>,
    /// Precision over the flags of this run with a verdict of confirmed or benign, the highest scores first.
    pub judged: Vec<PrecisionPoint>,
}

/// Returns the screen of the model.
///
/// # Errors
/// If a model or the table of flags cannot be read.
pub fn model(data: &RunData, judgements: &[Judgement], steward: bool) -> Result<ModelScreen, QuestionError> {
    let failed = |error: models::ModelError| QuestionError::from(RunError::from(error));
    let config = &data.config;
    let name = models::name_of_flags(config).map_err(failed)?;
    let in_use = models::flags(config).map_err(failed)?;
    let shipped = models::shipped_card(&name);
    let is_cut = shipped.is_none() && !steward && !data.sees_everything() && name != Model::Rules.id();
    let card = match (shipped, in_use.trained()) {
        (Some(card), _) => card_blocks(card),
        (None, Some(trained)) if !is_cut => card_blocks(&model::card(trained, None)),
        _ => Vec::new(),
    };
    let rows = in_use.trained().filter(|_| !is_cut).map(model::TrainedModel::calibration_rows);
    let rows = rows.unwrap_or_default();
    let in_service = store::in_service_names(&config.state).map_err(failed)?;
    let mut of_run: Vec<String> = Vec::new();
    super::scan::scan(&data.folder(), "flags", &["model_id"], |part| {
        of_run.extend(part.text("model_id")?.iter().flatten().cloned());
        Some(())
    })?;
    of_run.sort();
    of_run.dedup();
    let others = in_service.into_iter().filter(|(outcome, _)| outcome != store::FLAGS);
    Ok(ModelScreen {
        id: in_use.id().to_owned(),
        name,
        of_run,
        in_service: others.map(|(outcome, model)| ServiceRow { outcome, model }).collect(),
        is_cut,
        card,
        calibration: calibration_points(&rows),
        precision: precision_points(&rows),
        judged: judged(data, judgements)?,
    })
}

/// Joins calibration rows into points of nearly equal size; empty without probabilities.
pub fn calibration_points(rows: &[CalibrationBin]) -> Vec<CalibrationPoint> {
    let total: u32 = rows.iter().map(|bin| bin.rows).sum();
    let size = f64::from(total) / CALIBRATION_POINTS as f64;
    let mut points: Vec<CalibrationPoint> = Vec::new();
    let (mut count, mut positives, mut sum) = (0, 0, 0.0);
    let mut seen = 0;
    for bin in rows {
        let Some(probability) = bin.probability else { return Vec::new() };
        count += bin.rows;
        seen += bin.rows;
        positives += bin.positives;
        sum += probability * f64::from(bin.rows);
        let is_full = f64::from(seen) >= size * (points.len() + 1) as f64 || seen == total;
        if is_full && count > 0 {
            let rows = f64::from(count);
            let (probability, share) = (sum / rows, f64::from(positives) / rows);
            points.push(CalibrationPoint { probability, share, rows: count, positives });
            (count, positives, sum) = (0, 0, 0.0);
        }
    }
    points
}

/// Returns the precision among the highest scores, for some numbers of rows.
pub fn precision_points(rows: &[CalibrationBin]) -> Vec<PrecisionPoint> {
    let descending = rows.iter().rev().map(|bin| (bin.rows, bin.positives));
    let points = cumulative(descending);
    let every = points.len().div_ceil(PRECISION_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let is_shown = |position: usize| (position + 1).is_multiple_of(every) || position == last;
    (0..points.len()).filter(|position| is_shown(*position)).map(|position| points[position]).collect()
}

/// Returns a point behind each group of rows.
fn cumulative(groups: impl Iterator<Item = (u32, u32)>) -> Vec<PrecisionPoint> {
    let mut points: Vec<PrecisionPoint> = Vec::new();
    let (mut rows, mut positives) = (0, 0);
    for (more, more_positives) in groups.filter(|(more, _)| *more > 0) {
        rows += more;
        positives += more_positives;
        let precision = f64::from(positives) / f64::from(rows);
        points.push(PrecisionPoint { rows, positives, precision, recall: 0.0 });
    }
    for point in &mut points {
        point.recall = if positives == 0 { 0.0 } else { f64::from(point.positives) / f64::from(positives) };
    }
    points
}

/// Returns the precision over the flags of the run that people judged. Flags of equal score are one step.
fn judged(data: &RunData, judgements: &[Judgement]) -> Result<Vec<PrecisionPoint>, QuestionError> {
    let flags = explain::flags(&data.folder(), judgements)?;
    let label = |verdict: &str| match verdict {
        "confirmed" => Some(1),
        "benign" => Some(0),
        _ => None,
    };
    let mut rows: Vec<(f64, u32)> =
        flags.iter().filter_map(|flag| Some((flag.score, label(flag.verdict.as_deref()?)?))).collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let groups = rows.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq());
    Ok(cumulative(groups.map(|group| (group.len() as u32, group.iter().map(|row| row.1).sum()))))
}

/// Reads the Markdown that cards are written in: headings, paragraphs, lists and tables.
fn card_blocks(card: &str) -> Vec<CardBlock> {
    let mut blocks: Vec<CardBlock> = Vec::new();
    let mut is_new = true;
    for line in card.lines().map(str::trim_end) {
        if line.is_empty() {
            is_new = true;
            continue;
        }
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if level > 0 && line[level..].starts_with(' ') {
            blocks.push(CardBlock::Heading(level.min(6) as u8, plain(&line[level + 1..])));
        } else if line.starts_with('|') {
            let cells = cells(line);
            match blocks.last_mut() {
                Some(CardBlock::Table(_, rows)) if !is_new => {
                    if !cells.iter().all(|cell| cell.bytes().all(|byte| b"-: ".contains(&byte))) {
                        rows.push(cells);
                    }
                }
                _ => blocks.push(CardBlock::Table(cells, Vec::new())),
            }
        } else if let Some(item) = line.strip_prefix("- ") {
            match blocks.last_mut() {
                Some(CardBlock::List(items)) => items.push(plain(item)),
                _ => blocks.push(CardBlock::List(vec![plain(item)])),
            }
        } else {
            match blocks.last_mut() {
                Some(CardBlock::Paragraph(text)) if !is_new => {
                    text.push(' ');
                    text.push_str(&plain(line));
                }
                _ => blocks.push(CardBlock::Paragraph(plain(line))),
            }
        }
        is_new = false;
    }
    blocks
}

/// Returns the cells of a row; a bar behind a backslash belongs to its cell.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_escaped = false;
    for character in line.trim_matches(' ').strip_prefix('|').unwrap_or(line).chars() {
        if character == '|' && !is_escaped {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(character);
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    // The bar at the end of the line begins no cell.
    cells.pop();
    cells.iter().map(|cell| plain(cell.trim())).collect()
}

/// Removes the backslashes before escaped characters, and the marks of code.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => shown.extend(characters.next()),
            '`' => {}
            _ => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(score: f64, positives: u32, rows: u32) -> CalibrationBin {
        CalibrationBin { score, probability: Some(score), positives, rows }
    }

    #[test]
    fn the_points_of_a_curve_count_every_row_once() {
        let rows: Vec<CalibrationBin> =
            (1..=37).map(|at| bin(f64::from(at) / 40.0, at % 4, 3 + at % 5)).collect();
        let points = calibration_points(&rows);
        assert_eq!(points.len(), CALIBRATION_POINTS);
        let total = |of: fn(&CalibrationPoint) -> u32| points.iter().map(of).sum::<u32>();
        assert_eq!(total(|point| point.rows), rows.iter().map(|bin| bin.rows).sum::<u32>());
        assert_eq!(total(|point| point.positives), rows.iter().map(|bin| bin.positives).sum::<u32>());
        assert!(points.is_sorted_by(|a, b| a.probability < b.probability));
        let precision = precision_points(&rows);
        let last = precision.last().expect("points");
        assert_eq!((last.rows, last.recall), (rows.iter().map(|bin| bin.rows).sum(), 1.0));
        // The first point by hand: the two highest bins.
        let first = precision[0];
        assert_eq!(
            (first.rows, first.positives),
            (rows[36].rows + rows[35].rows, rows[36].positives + rows[35].positives)
        );
        assert!(calibration_points(&[CalibrationBin { probability: None, ..bin(0.5, 1, 2) }]).is_empty());
        assert!(precision_points(&[]).is_empty());
    }

    #[test]
    fn a_card_is_read_into_its_parts() {
        let card = "# Model \\<x\\>\n\nOne line\ngoes on.\n\n- a `b`\n- c\n\n| name | value |\n| --- | ---: |\n| a\\|b | 1 |\n| c |  |\n\nEnd.\n";
        let text = |text: &str| text.to_owned();
        let expected = vec![
            CardBlock::Heading(1, text("Model <x>")),
            CardBlock::Paragraph(text("One line goes on.")),
            CardBlock::List(vec![text("a b"), text("c")]),
            CardBlock::Table(
                vec![text("name"), text("value")],
                vec![vec![text("a|b"), text("1")], vec![text("c"), text("")]],
            ),
            CardBlock::Paragraph(text("End.")),
        ];
        assert_eq!(card_blocks(card), expected);
    }

    #[test]
    fn the_card_that_comes_with_the_program_has_its_evaluation() {
        let blocks = card_blocks(models::shipped_card("default").expect("a card"));
        let headers: Vec<&str> = blocks
            .iter()
            .filter_map(|block| match block {
                CardBlock::Table(header, rows) if !rows.is_empty() => header.first().map(String::as_str),
                _ => None,
            })
            .collect();
        assert!(headers.contains(&"probability") && headers.contains(&"model"), "{headers:?}");
    }
}
