//! The parts that pages are put together from (design §11).

pub mod activity_line;
pub mod answers;
pub mod badge;
pub mod breadcrumb;
pub mod call_out;
pub mod connect;
pub mod connection_header;
pub mod copy_field;
pub mod developer_ids;
pub mod empty_state;
pub mod fact_list;
pub mod field;
pub mod hint;
pub mod icon;
pub mod moment;
pub mod nav;
pub mod pager;
pub mod post_button;
pub mod problem_box;
pub mod ribbon;
pub mod status_line;
pub mod steps;
pub mod technical;
pub mod timeline;
pub mod what_to_do;
