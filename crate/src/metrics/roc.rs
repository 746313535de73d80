//! Metrics of how well scores separate known rows from unknown rows: counts along the ordered scores, exact under ties.
//!
//! One side is positive: the side to be found. A threshold moves from the most positive score on, and passes all rows
//! of one score together. TP and FP are the positive and negative rows that it has passed; P and N are all of them.

use crate::rows::shape::item_mut;

/// Side of the scale where scores are most positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Highest scores: the unknown rows are positive.
    Highest,
    /// Lowest scores: the known rows are positive.
    Lowest,
}

/// Scores of both sides, each ascending, without NaN.
#[derive(Clone, Copy, Debug)]
pub struct Scores<'a> {
    pub positive: &'a [f64],
    pub negative: &'a [f64],
    pub order: Order,
}

/// Rows of one score, with the counts before them.
#[derive(Clone, Copy, Debug, Default)]
struct Tie {
    score: f64,
    positive: f64,
    negative: f64,
    /// TP and FP before the tie.
    before: (f64, f64),
}

impl Tie {
    /// TP with the tie.
    fn true_positives(&self) -> f64 {
        self.before.0 + self.positive
    }

    /// FP with the tie.
    fn false_positives(&self) -> f64 {
        self.before.1 + self.negative
    }

    /// TP / (TP + FP)
    fn precision(&self) -> f64 {
        self.true_positives() / (self.true_positives() + self.false_positives())
    }
}

impl Scores<'_> {
    /// Calls `visit` with each tie, from the most positive score on, until it returns true.
    #[inline(never)]
    fn for_each_tie(mut self, visit: &mut dyn FnMut(Tie) -> bool) {
        let mut before = (0.0, 0.0);
        while let Some(score) = self.next_score() {
            let positive = take_equal(&mut self.positive, score, self.order);
            let negative = take_equal(&mut self.negative, score, self.order);
            let tie = Tie { score, positive, negative, before };
            before = (tie.true_positives(), tie.false_positives());
            if visit(tie) {
                break;
            }
        }
    }

    #[inline]
    fn next_score(&self) -> Option<f64> {
        match (most_positive(self.positive, self.order), most_positive(self.negative, self.order)) {
            (Some(a), Some(b)) => Some(if self.order == Order::Highest { a.max(b) } else { a.min(b) }),
            (a, b) => a.or(b),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are below 2⁵³")]
    fn positives(&self) -> f64 {
        self.positive.len() as f64
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are below 2⁵³")]
    fn negatives(&self) -> f64 {
        self.negative.len() as f64
    }

    /// Area under TP/`total_positives` over FP/N, by trapezoids: Σ over pairs of [positive first] + ½·[tied], divided
    /// by `total_positives`·N.
    ///
    /// With `total_positives` = P it is the AUROC (Mann–Whitney's U / (P·N)), which is the same for either positive
    /// side. If the positive rows are the correctly classified known rows, and `total_positives` is the number of all
    /// known rows, it is the area under the curve of the open-set classification rate (Dhamija et al. 2018).
    #[must_use]
    pub fn area(self, total_positives: f64) -> f64 {
        let mut twice = 0.0;
        self.for_each_tie(&mut |tie| {
            twice += tie.negative * (tie.before.0 + tie.true_positives());
            false
        });
        // Counts are exact up to here as long as 2·P·N < 2⁵³.
        twice / 2.0 / (total_positives * self.negatives())
    }

    /// Average precision, the area under the steps of precision over recall: Σ (R_i − R_{i−1})·P_i, R = TP/P and P_i =
    /// TP/(TP + FP), as scikit-learn's `average_precision_score`.
    #[must_use]
    pub fn average_precision(self) -> f64 {
        let mut sum = 0.0;
        self.for_each_tie(&mut |tie| {
            sum += tie.positive * tie.precision();
            false
        });
        sum / self.positives()
    }

    /// Area under precision over recall by trapezoids, from (0, 1) on: Σ (R_i − R_{i−1})·(P_i + P_{i−1})/2, as
    /// pytorch-ood's `OODMetrics`. It is too high where scores are sparse (Davis & Goadrich 2006).
    #[must_use]
    pub fn trapezoid_precision(self) -> f64 {
        let (mut sum, mut last) = (0.0, 1.0);
        self.for_each_tie(&mut |tie| {
            let precision = tie.precision();
            sum += tie.positive * (precision + last) / 2.0;
            last = precision;
            false
        });
        sum / self.positives()
    }

    /// FP/N at the first threshold where TP/P ≥ `tpr`, 0 < `tpr` ≤ 1.
    #[must_use]
    pub fn fpr_at_tpr(self, tpr: f64) -> f64 {
        let mut false_positives = 0.0;
        let positives = self.positives();
        self.for_each_tie(&mut |tie| {
            false_positives = tie.false_positives();
            tie.true_positives() / positives >= tpr
        });
        false_positives / self.negatives()
    }

    /// Writes the whole curve: FP/N, TP/P and the score of each threshold, after a first point (0, 0) with an infinite
    /// threshold. scikit-learn's `roc_curve` does the same, but leaves points out. Returns the number of points: at
    /// most one more than there are rows.
    pub fn roc_curve(self, fpr: &mut [f64], tpr: &mut [f64], thresholds: &mut [f64]) -> usize {
        let mut count = 0;
        let mut put = |point: (f64, f64, f64)| {
            (*item_mut(fpr, count), *item_mut(tpr, count), *item_mut(thresholds, count)) = point;
            count += 1;
        };
        let none = if self.order == Order::Highest { f64::INFINITY } else { f64::NEG_INFINITY };
        put((0.0, 0.0, none));
        self.for_each_tie(&mut |tie| {
            put((tie.false_positives() / self.negatives(), tie.true_positives() / self.positives(), tie.score));
            false
        });
        count
    }
}

#[inline]
fn most_positive(scores: &[f64], order: Order) -> Option<f64> {
    match order {
        Order::Highest => scores.last().copied(),
        Order::Lowest => scores.first().copied(),
    }
}

/// Removes the scores equal to `value` from the most positive end, and returns their number.
#[inline]
fn take_equal(scores: &mut &[f64], value: f64, order: Order) -> f64 {
    let mut count = 0.0;
    while most_positive(scores, order) == Some(value) {
        *scores = match order {
            Order::Highest => scores.split_last().map_or(&[], |(_, rest)| rest),
            Order::Lowest => scores.split_first().map_or(&[], |(_, rest)| rest),
        };
        count += 1.0;
    }
    count
}
