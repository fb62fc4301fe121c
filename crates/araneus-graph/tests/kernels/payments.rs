use std::collections::{BTreeMap,BTreeSet};
use araneus_graph::flow::*;
use araneus_graph::progress::Progress;
fn text(p:&str)->String{ let b=std::fs::read(p).unwrap(); String::from_utf8(if p.ends_with(".zst"){zstd::decode_all(&b[..]).unwrap()}else{b}).unwrap()}
fn load(p:&str)->Vec<Payment>{ text(p).lines().skip(1).map(|l|{let c:Vec<&str>=l.trim().split(',').collect(); Payment{payer:c[0].parse().unwrap(),payee:c[1].parse().unwrap(),amount:c[2].parse().unwrap(),time:c[3].parse().unwrap()}}).collect()}
#[test] fn try_it(){
 let root="../../../shared/data/amlsim";
 for d in ["20K_cycle200","20K_fanin200"]{ for v in ["transactions","transactions-lifted","transactions-planted"]{
  let pay=load(&format!("{root}/{d}/{v}.csv.zst"));
  let t=std::time::Instant::now();
  let inst=find(&pay,&Progress::silent()).unwrap();
  println!("== {d} {v} {} payments {:?} {} instances",pay.len(),t.elapsed(),inst.len());
  let tr=text(&format!("{root}/{d}/{}",if v.ends_with("planted"){"planted-patterns.csv"}else{"visible-patterns.csv"}));
  let mut pats:BTreeMap<String,(String,bool,BTreeSet<u32>)>=BTreeMap::new();
  for l in tr.lines().skip(1){let c:Vec<&str>=l.trim().split(',').collect(); let e=pats.entry(c[0].into()).or_insert((c[1].into(),c[2]=="1",BTreeSet::new())); e.2.insert(c[5].parse().unwrap());}
  for (name,kinds,kind) in [("chain+cycle",vec![FlowKind::Chain,FlowKind::Cycle],"cycle"),("sg",vec![FlowKind::ScatterGather],"scatter-gather"),("fan-in",vec![FlowKind::FanIn],"fan-in")]{
   let min=if kind=="fan-in"{4}else{3};
   let list:Vec<&Instance>=inst.iter().filter(|i|kinds.contains(&i.kind)).collect();
   let right=|i:&Instance| pats.values().any(|p|p.0==kind && 2*i.accounts.iter().filter(|a|p.2.contains(a)).count()>=i.accounts.len());
   let found=|n:usize,closed:bool| pats.values().filter(|p|p.0==kind&&p.2.len()>=min&&(!closed||p.1)).filter(|p| list.iter().take(n).any(|i| 2*i.accounts.iter().filter(|a|p.2.contains(a)).count()>=p.2.len())).count();
   let r=|n:usize| list.iter().take(n).filter(|i|right(i)).count();
   let lt=|e:f64| list.iter().filter(|i|i.expected()<e).count();
   let ltr=|e:f64| list.iter().filter(|i|i.expected()<e&&right(i)).count();
   let total=pats.values().filter(|p|p.0==kind&&p.2.len()>=min).count();
   println!("  {name}: total {total} found50 {} found100 {} found200 {} closed {} right50 {} right100 {} E<.01 {} right {} E<1 {} right {}",found(50,false),found(100,false),found(200,false),found(100,true),r(50),r(100),lt(0.01),ltr(0.01),lt(1.0),ltr(1.0));
  }
 }}
}
