//! How weights are found: logistic regression with a penalty on each weight, by Newton's method with conjugate gradients.
//!
//! Single-threaded, in the order of its rows, and without a random number, so that the same rows give the same weights.

/// One example.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its features as numbers of weights, with amounts.
    pub terms: Vec<(u32, f32)>,
    /// What its logit begins with.
    pub offset: f64,
    /// Whether it is a true one.
    pub is_true: bool,
    /// How much it counts.
    pub weight: f64,
}

/// How often the whole is improved, and how many steps each time.
const ROUNDS: usize = 30;
const STEPS: usize = 60;

/// The weights that explain the rows best; `penalties` has one entry for each weight, zero for none.
pub fn fit(rows: &[Row], penalties: &[f64]) -> Vec<f64> {
    let mut weights = vec![0.0; penalties.len()];
    let mut loss = total(rows, &weights, penalties);
    for _ in 0..ROUNDS {
        let (slope, bends) = slope(rows, &weights, penalties);
        let step = solve(rows, &bends, penalties, &slope);
        let mut share = 1.0;
        let (mut best, mut improved) = (weights.clone(), loss);
        while share > 1e-4 {
            let tried: Vec<f64> =
                weights.iter().zip(&step).map(|(weight, step)| weight - share * step).collect();
            let after = total(rows, &tried, penalties);
            if after < loss {
                (best, improved) = (tried, after);
                break;
            }
            share *= 0.5;
        }
        let gained = loss - improved;
        (weights, loss) = (best, improved);
        if gained <= 1e-9 * loss.abs().max(1.0) {
            break;
        }
    }
    weights
}

/// The logit of a row.
pub fn logit(row: &Row, weights: &[f64]) -> f64 {
    row.offset + row.terms.iter().map(|&(at, amount)| weights[at as usize] * f64::from(amount)).sum::<f64>()
}

fn total(rows: &[Row], weights: &[f64], penalties: &[f64]) -> f64 {
    let of_row = |row: &Row| {
        let logit = logit(row, weights);
        let against = if row.is_true { -logit } else { logit };
        // ln(1 + e^x), without overflow.
        row.weight * (against.max(0.0) + (-against.abs()).exp().ln_1p())
    };
    let penalty: f64 = weights.iter().zip(penalties).map(|(weight, penalty)| penalty * weight * weight).sum();
    rows.iter().map(of_row).sum::<f64>() + 0.5 * penalty
}

/// The slope at these weights, and how much each row bends it.
fn slope(rows: &[Row], weights: &[f64], penalties: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut slope: Vec<f64> =
        weights.iter().zip(penalties).map(|(weight, penalty)| weight * penalty).collect();
    let mut bends = Vec::with_capacity(rows.len());
    for row in rows {
        let odds = 1.0 / (1.0 + (-logit(row, weights)).exp());
        let error = row.weight * (odds - f64::from(row.is_true));
        for &(at, amount) in &row.terms {
            slope[at as usize] += error * f64::from(amount);
        }
        bends.push(row.weight * (odds * (1.0 - odds)).max(1e-9));
    }
    (slope, bends)
}

/// The step that would level the slope, if it bent everywhere as it does here.
fn solve(rows: &[Row], bends: &[f64], penalties: &[f64], slope: &[f64]) -> Vec<f64> {
    let mut step = vec![0.0; slope.len()];
    // Weights that no row speaks of have nothing to hold them.
    let mut scale: Vec<f64> = penalties.iter().map(|penalty| penalty + 1e-6).collect();
    for (row, bend) in rows.iter().zip(bends) {
        for &(at, amount) in &row.terms {
            scale[at as usize] += bend * f64::from(amount) * f64::from(amount);
        }
    }
    let mut rest = slope.to_vec();
    let mut eased: Vec<f64> = rest.iter().zip(&scale).map(|(rest, scale)| rest / scale).collect();
    let mut way = eased.clone();
    let mut size = dot(&rest, &eased);
    let enough = size * 1e-10;
    for _ in 0..STEPS {
        if size <= enough || size == 0.0 {
            break;
        }
        let bent = bend_along(rows, bends, penalties, &way);
        let share = size / dot(&way, &bent);
        for at in 0..step.len() {
            step[at] += share * way[at];
            rest[at] -= share * bent[at];
            eased[at] = rest[at] / scale[at];
        }
        let next = dot(&rest, &eased);
        let keep = next / size;
        size = next;
        for at in 0..way.len() {
            way[at] = eased[at] + keep * way[at];
        }
    }
    step
}

fn bend_along(rows: &[Row], bends: &[f64], penalties: &[f64], way: &[f64]) -> Vec<f64> {
    let mut bent: Vec<f64> = way.iter().zip(penalties).map(|(way, penalty)| way * (penalty + 1e-6)).collect();
    for (row, bend) in rows.iter().zip(bends) {
        let along: f64 = row.terms.iter().map(|&(at, amount)| way[at as usize] * f64::from(amount)).sum();
        for &(at, amount) in &row.terms {
            bent[at as usize] += bend * along * f64::from(amount);
        }
    }
    bent
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(terms: &[(u32, f32)], is_true: bool, weight: f64) -> Row {
        Row { terms: terms.to_vec(), offset: 0.0, is_true, weight }
    }

    #[test]
    fn a_share_becomes_its_logit() {
        // Three of four are true: the logit of 0.75 is ln 3.
        let rows = [row(&[(0, 1.0)], true, 3.0), row(&[(0, 1.0)], false, 1.0)];
        let found = fit(&rows, &[1e-9]);
        assert!((found[0] - 3f64.ln()).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn what_separates_gets_the_weight_and_penalties_hold_it() {
        let rows: Vec<Row> = (0..40)
            .map(|n| row(&[(0, 1.0), (if n % 2 == 0 { 1 } else { 2 }, 1.0)], n % 2 == 0, 1.0))
            .collect();
        let found = fit(&rows, &[0.0, 1.0, 1.0, 1.0]);
        assert!(found[1] > 1.0 && found[2] < -1.0 && found[0].abs() < 1e-3, "{found:?}");
        assert!(found[3].abs() < f64::EPSILON, "nothing speaks of it");
        let held = fit(&rows, &[0.0, 100.0, 100.0, 1.0]);
        assert!(held[1] < found[1] / 4.0, "{held:?}");
        assert_eq!(found, fit(&rows, &[0.0, 1.0, 1.0, 1.0]), "the same again");
    }

    #[test]
    fn offsets_are_kept() {
        let rows = [
            Row { offset: 2.0, ..row(&[(0, 1.0)], true, 1.0) },
            Row { offset: 2.0, ..row(&[(0, 1.0)], false, 1.0) },
        ];
        let found = fit(&rows, &[1e-9]);
        assert!((found[0] + 2.0).abs() < 1e-5, "{found:?}");
    }
}
